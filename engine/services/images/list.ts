/**
 * Listing images: each that a set of filters lets through, summed up. Nothing is read from disk but
 * the manifests, where they are asked for.
 * Source: moby `daemon/images/images.go`.
 */
import type { Filters } from '../../contract/route.ts';
import type { ImageSummary } from '../../contract/summaries.ts';
import type { ContentStore } from '../../drivers/content.ts';
import type { Digest } from '../../formats/digest.ts';
import { familiarString } from '../../formats/reference.ts';
import type { Image, ImageUsers } from './image.ts';
import { listFilter } from './image-filters.ts';
import { createdSeconds, sizeOf, type ImageRecord } from './image-record.ts';
import type { ImageStore } from './image-store.ts';
import { manifestSummaries } from './image-manifests.ts';

export interface ListOptions {
  /** Also images without a name that another was made from. */
  readonly all: boolean;
  readonly filters: Filters;
  readonly withSharedSize: boolean;
  /** Docker's list counts no containers, only its account of the disk does. */
  readonly withContainers: boolean;
  readonly withManifests: boolean;
  readonly nowNs: bigint;
}

export interface ListParts {
  readonly images: ImageStore;
  readonly content: ContentStore;
  readonly users: () => ImageUsers;
}

/** Newest first. */
export function listImages(parts: ListParts, options: ListOptions): ImageSummary[] {
  const { images } = parts;
  const { passes, showsName } = listFilter(images, options.filters, options);
  const shared = options.withSharedSize ? sharedSizes(images.all()) : undefined;
  const containers = options.withContainers ? parts.users().containersPerImage() : undefined;
  return images
    .all()
    .filter(passes)
    .map((record): ImageSummary => {
      const manifests = options.withManifests && manifestSummaries(parts, record);
      const shown = showsName && images.referencesOf(record.id).filter(showsName);
      return {
        ...summaryOf(images, record),
        ...(shown && {
          RepoTags: shown.filter((name) => name.digest === undefined).map(familiarString),
          RepoDigests: shown.filter((name) => name.digest !== undefined).map(familiarString),
        }),
        ...(shared && { SharedSize: shared.get(record.id) ?? 0 }),
        ...(manifests && { Manifests: manifests }),
        ...(containers && { Containers: containers.get(record.id) ?? 0 }),
      };
    })
    .toSorted((a, b) => b.Created - a.Created);
}

/** By view, which is made anew whenever something about the image changes. */
const summaries = new WeakMap<Image, ImageSummary>();

/** One line of `docker images`, without what takes counting. */
export function summaryOf(images: ImageStore, record: ImageRecord): ImageSummary {
  const view = images.view(record);
  let summary = summaries.get(view);
  if (summary === undefined) {
    summary = {
      Id: record.id,
      ParentId: record.parent ?? '',
      RepoTags: [...view.repoTags],
      RepoDigests: [...view.repoDigests],
      Created: createdSeconds(record.created),
      Size: sizeOf(record),
      SharedSize: -1,
      Labels: record.config.Labels ?? null,
      Containers: -1,
      ...(record.target && { Descriptor: { ...record.target } }),
    };
    summaries.set(view, summary);
  }
  return summary;
}

/** For each image, the bytes in layers that another image has too. */
function sharedSizes(records: readonly ImageRecord[]): Map<Digest, number> {
  const owners = new Map<Digest, number>();
  for (const { layers } of records)
    for (const diffId of new Set(layers.map((layer) => layer.diffId)))
      owners.set(diffId, (owners.get(diffId) ?? 0) + 1);
  return new Map(
    records.map(({ id, layers }) => [
      id,
      layers
        .filter((layer) => (owners.get(layer.diffId) ?? 0) > 1)
        .reduce((sum, layer) => sum + layer.sizeBytes, 0),
    ]),
  );
}
