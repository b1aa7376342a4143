/**
 * Volumes as the HTTP API sees them. Source: Docker Engine API v1.50, "Volume".
 */
import * as z from 'zod';
import { queryBoolean, queryFilters, route } from './route.ts';

const texts = z.record(z.string(), z.string());

export const volume = z.object({
  Name: z.string(),
  Driver: z.string(),
  /** Where the data is on the host. */
  Mountpoint: z.string(),
  /** RFC 3339. */
  CreatedAt: z.string(),
  Labels: texts.nullable(),
  Scope: z.enum(['local', 'global']),
  Options: texts.nullable(),
});
export type Volume = z.output<typeof volume>;

export const VOLUME_ROUTES = {
  list: route({
    method: 'GET',
    path: '/volumes',
    summary: 'Volumes',
    query: z.object({ filters: queryFilters }),
    result: z.object({ Volumes: z.array(volume), Warnings: z.array(z.string()).nullable() }),
  }),
  create: route({
    method: 'POST',
    path: '/volumes/create',
    summary: 'Make a volume; one that exists is returned as it is',
    body: z
      .object({
        Name: z.string().optional(),
        Driver: z.string().optional(),
        DriverOpts: texts.nullish(),
        Labels: texts.nullish(),
      })
      .optional(),
    result: volume,
    status: 201,
  }),
  inspect: route({
    method: 'GET',
    path: '/volumes/{name}',
    summary: 'One volume',
    result: volume,
  }),
  remove: route({
    method: 'DELETE',
    path: '/volumes/{name}',
    summary: 'Remove a volume and its data; in use is a conflict',
    query: z.object({ force: queryBoolean }),
    status: 204,
  }),
  prune: route({
    method: 'POST',
    path: '/volumes/prune',
    summary: 'Remove volumes that no container uses: anonymous ones, or all with the filter `all`',
    query: z.object({ filters: queryFilters }),
    result: z.object({
      VolumesDeleted: z.array(z.string()).nullable(),
      /** Bytes. */
      SpaceReclaimed: z.number(),
    }),
  }),
} as const;
