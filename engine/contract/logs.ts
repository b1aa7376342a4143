/** Reading a container's log. Source: Docker Engine API v1.50, ContainerLogs. Pure. */
import * as z from 'zod';
import { queryBoolean, route } from './route.ts';

export const LOG_ROUTES = {
  containerLogs: route({
    method: 'GET',
    path: '/containers/{id}/logs',
    summary: "A container's stdout and stderr, framed unless it has a TTY",
    query: z.object({
      stdout: queryBoolean,
      stderr: queryBoolean,
      follow: queryBoolean,
      timestamps: queryBoolean,
      details: queryBoolean,
      /** `seconds[.nanoseconds]` since the epoch. */
      since: z.string().default(''),
      until: z.string().default(''),
      /** A number of lines; anything else is all of them. */
      tail: z.string().default(''),
    }),
    answer: 'stream',
  }),
} as const;
