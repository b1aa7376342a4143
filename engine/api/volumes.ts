/** Routes of volumes. */
import type { Volume, VOLUME_ROUTES } from '../contract/volumes.ts';
import type { VolumeService, VolumeView } from '../services/volumes/volume-service.ts';
import type { Handlers } from './handler.ts';

export function volumeHandlers(volumes: VolumeService): Handlers<typeof VOLUME_ROUTES> {
  return {
    list: ({ query }) => ({
      Volumes: volumes.list(query.filters).map(encodeVolume),
      Warnings: null,
    }),
    create: ({ body }) =>
      encodeVolume(
        volumes.ensure({
          ...(body?.Name !== undefined && { name: body.Name }),
          ...(body?.Driver !== undefined && { driver: body.Driver }),
          labels: body?.Labels ?? null,
          driverOpts: body?.DriverOpts ?? null,
        }),
      ),
    inspect: ({ params }) => encodeVolume(volumes.find(params['name'] ?? '')),
    remove: ({ params, query }) => volumes.remove(params['name'] ?? '', { force: query.force }),
    prune: async ({ query, apiVersion }) => {
      const { deleted, reclaimedBytes } = await volumes.prune(query.filters, apiVersion);
      const names = deleted.length > 0 ? deleted : null; // Docker's empty list is null
      return { VolumesDeleted: names, SpaceReclaimed: reclaimedBytes };
    },
  };
}

export function encodeVolume(volume: VolumeView): Volume {
  return {
    CreatedAt: volume.createdAt,
    Driver: 'local',
    Labels: volume.labels,
    Mountpoint: volume.mountpoint,
    Name: volume.name,
    Options: volume.options ?? null,
    Scope: 'local',
  };
}
