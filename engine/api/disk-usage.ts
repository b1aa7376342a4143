/** The route of `docker system df`. */
import { EngineError } from '../contract/errors.ts';
import { DISK_OBJECTS, type DISK_ROUTES, type DiskObject } from '../contract/disk-usage.ts';
import type { DiskUsageService } from '../services/system/disk-usage.ts';
import type { Handlers } from './handler.ts';
import { summaryFor } from './image-versions.ts';
import { encodeVolume } from './volumes.ts';

/** Older clients are told everything. Source: API v1.42 notes. */
const TYPES_SINCE = 42;

export function diskUsageHandlers(disk: DiskUsageService): Handlers<typeof DISK_ROUTES> {
  return {
    diskUsage: async ({ request, apiVersion }) => {
      const asked = apiVersion < TYPES_SINCE ? [] : typesIn(request.url);
      const objects = new Set(asked.length > 0 ? asked : DISK_OBJECTS);
      const { layerBytes, images, containers, volumes } = await disk.count(objects);
      return {
        LayersSize: layerBytes,
        Images: images?.map((image) => summaryFor(apiVersion, image)) ?? null,
        Containers: containers ?? null,
        Volumes:
          volumes?.map(({ volume, sizeBytes, userCount }) => ({
            ...encodeVolume(volume),
            UsageData: { Size: sizeBytes, RefCount: userCount },
          })) ?? null,
        BuildCache: objects.has('build-cache') ? [] : null,
      };
    },
  };
}

/** `type` is given once for each. */
function typesIn(url: string | undefined): DiskObject[] {
  const types = new URL(url ?? '', 'http://engine').searchParams.getAll('type');
  return types.map((type) => {
    const known = DISK_OBJECTS.find((object) => object === type);
    if (known === undefined)
      throw new EngineError('invalid-argument', `unknown object type: ${type}`);
    return known;
  });
}
