/** What takes up disk. Source: Docker Engine API v1.50, SystemDataUsage. Pure. */
import * as z from 'zod';
import { route } from './route.ts';
import { containerSummary, imageSummary } from './summaries.ts';
import { volume } from './volumes.ts';

export const DISK_OBJECTS = ['container', 'image', 'volume', 'build-cache'] as const;
export type DiskObject = (typeof DISK_OBJECTS)[number];

/** What was not asked for is null, or 0. All sizes in bytes. */
export const diskUsage = z.object({
  /** Layers of all images, each once. */
  LayersSize: z.number(),
  Images: z.array(imageSummary).nullable(),
  Containers: z.array(containerSummary).nullable(),
  Volumes: z
    .array(
      volume.extend({
        /** `RefCount`: containers that mount it, running or not. */
        UsageData: z.object({ Size: z.number(), RefCount: z.number() }),
      }),
    )
    .nullable(),
  BuildCache: z.array(z.looseObject({})).nullable(),
});

export const DISK_ROUTES = {
  diskUsage: route({
    method: 'GET',
    path: '/system/df',
    summary: 'Images, containers and volumes with their sizes',
    query: z.object({
      /** container, image, volume or build-cache; may be given several times; none means all. */
      type: z.string().default(''),
    }),
    result: diskUsage,
  }),
} as const;
