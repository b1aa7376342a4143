/** What is known of one image: `docker image inspect` and `docker history`. Reads its configuration. */
import type { ImageHistoryItem, ImageInspect } from '../../contract/images.ts';
import type { ContentStore } from '../../drivers/content.ts';
import type { Snapshotter } from '../../drivers/snapshots.ts';
import { CONFIG_BYTES_MAX, parseImageConfig } from '../../formats/image-config.ts';
import { createdSeconds, sizeOf, type ImageRecord } from './image-record.ts';
import type { ImageStore } from './image-store.ts';

/** What Docker says of an image that was never tagged on this machine. Source: Go's zero time. */
const NEVER = '0001-01-01T00:00:00Z';

export interface InspectParts {
  readonly images: ImageStore;
  readonly content: ContentStore;
  readonly snapshotter: Snapshotter;
}

export function inspectImage(parts: InspectParts, record: ImageRecord): ImageInspect {
  const config = parseImageConfig(parts.content.read(record.id, CONFIG_BYTES_MAX));
  const { repoTags, repoDigests } = parts.images.view(record);
  const diffIds = record.layers.map((layer) => layer.diffId);
  return {
    Id: record.id,
    RepoTags: [...repoTags],
    RepoDigests: [...repoDigests],
    Parent: '',
    Comment: config.comment || (config.history?.at(-1)?.comment ?? ''),
    ...(config.created && { Created: config.created }),
    DockerVersion: config.docker_version ?? '',
    Author: config.author ?? '',
    Config: { ...EMPTY_CONFIG, ...config.config },
    Architecture: config.architecture,
    ...(config.variant && { Variant: config.variant }),
    Os: config.os,
    ...(config['os.version'] && { OsVersion: config['os.version'] }),
    Size: sizeOf(record),
    GraphDriver: { Name: 'overlay2', Data: overlayData(parts.snapshotter, record) },
    RootFS: { Type: 'layers', ...(diffIds.length > 0 && { Layers: diffIds }) },
    Metadata: { LastTagTime: record.lastTagged || NEVER },
  };
}

/** Fields that clients index into whether an image sets them or not. */
const EMPTY_CONFIG = {
  User: '',
  Env: [],
  Cmd: null,
  Volumes: null,
  WorkingDir: '',
  Entrypoint: null,
  OnBuild: null,
  Labels: null,
};

/** Where the layers lie, as tools that read overlay images off the disk expect it. */
function overlayData(snapshotter: Snapshotter, record: ImageRecord): Record<string, string> | null {
  const unpacked = record.layers.filter((layer) => snapshotter.has(layer.diffId));
  const paths = unpacked.map((layer) => snapshotter.pathOf(layer.diffId)).toReversed();
  const [upper, ...lower] = paths;
  if (upper === undefined) return null;
  return { ...(lower.length > 0 && { LowerDir: lower.join(':') }), UpperDir: upper };
}

/** Newest first; each entry that made a layer carries the layer's size. */
export function imageHistory(parts: InspectParts, record: ImageRecord): ImageHistoryItem[] {
  const config = parseImageConfig(parts.content.read(record.id, CONFIG_BYTES_MAX));
  let layer = 0;
  const items = (config.history ?? []).map((entry): ImageHistoryItem => {
    const size = entry.empty_layer ? 0 : (record.layers[layer++]?.sizeBytes ?? 0);
    return {
      Id: '<missing>',
      Created: createdSeconds(entry.created ?? ''),
      CreatedBy: entry.created_by ?? '',
      Tags: null,
      Size: size,
      Comment: entry.comment ?? '',
    };
  });
  const [top, ...rest] = items.toReversed();
  if (top === undefined) return [];
  const tags = [...parts.images.view(record).repoTags];
  return [{ ...top, Id: record.id, Tags: tags.length > 0 ? tags : null }, ...rest];
}
