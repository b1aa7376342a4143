/** `docker image prune`. Source: moby `daemon/images/image_prune.go`. */
import type { ImageDeletion } from '../../contract/images.ts';
import type { Filters } from '../../contract/route.ts';
import type { Digest } from '../../formats/digest.ts';
import { familiarString } from '../../formats/reference.ts';
import { pruneFilter } from './image-filters.ts';
import type { ImageStore } from './image-store.ts';
import { removeImage, type RemoveParts } from './remove.ts';

export interface PrunedImages {
  readonly deleted: ImageDeletion[];
  /** In layers that no image has any more. */
  readonly reclaimedBytes: number;
}

/** Removes images that pass the filters and that no container uses. */
export function pruneImages(parts: RemoveParts, filters: Filters, nowNs: bigint): PrunedImages {
  const unused = parts.images
    .all()
    .filter(pruneFilter(parts.images, filters, nowNs))
    .filter(({ id }) => parts.users().containersOf(id).length === 0);
  const before = layerBytes(parts.images);
  const deleted = unused.flatMap(({ id }) => pruneOne(parts, id));
  const reclaimedBytes = before - layerBytes(parts.images);
  parts.events.publish({
    type: 'image',
    action: 'prune',
    actorId: '',
    attributes: { reclaimed: String(reclaimedBytes) },
  });
  return { deleted, reclaimedBytes };
}

/** Name by name, as clients expect to read it. */
function pruneOne(parts: RemoveParts, id: Digest): ImageDeletion[] {
  const { images } = parts;
  const done: ImageDeletion[] = [];
  for (const reference of images.referencesOf(id))
    if (images.idOf(reference) === id) done.push(...removeImage(parts, familiarString(reference)));
  // Without a name, and nothing that depended on it has kept it.
  if (images.isListed(id) && !images.hasChildren(id)) done.push(...removeImage(parts, id));
  return done;
}

/** Bytes in the layers of all images, each layer once; deleted ones count while they are used. */
export function layerBytes(images: ImageStore): number {
  const layers = [...images.all(), ...images.detached()].flatMap((record) => record.layers);
  const sizes = new Map(layers.map((layer) => [layer.diffId, layer.sizeBytes]));
  return [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
}
