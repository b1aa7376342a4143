/** The build cache as the HTTP API sees it. Source: Docker Engine API v1.50, "Image", BuildPrune. Pure. */
import * as z from 'zod';
import { queryBoolean, queryFilters, queryInteger, route } from './route.ts';

export const BUILD_ROUTES = {
  buildPrune: route({
    method: 'POST',
    path: '/build/prune',
    summary: 'Remove the build cache',
    query: z.object({
      all: queryBoolean,
      filters: queryFilters,
      /** Bytes to keep; `reserved-space` since 1.48. */
      'keep-storage': queryInteger,
      'reserved-space': queryInteger,
      'max-used-space': queryInteger,
      'min-free-space': queryInteger,
    }),
    result: z.object({
      CachesDeleted: z.array(z.string()).nullable(),
      /** Bytes. */
      SpaceReclaimed: z.number(),
    }),
  }),
} as const;
