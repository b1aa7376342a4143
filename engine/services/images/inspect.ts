/** What is known of one image: `docker image inspect` and `docker history`. Reads its configuration. */
import type { ImageHistoryItem, ImageInspect } from '../../contract/images.ts';
import type { ContentStore } from '../../drivers/content.ts';
import type { Snapshotter } from '../../drivers/snapshots.ts';
import type { Digest } from '../../formats/digest.ts';
import {
  CONFIG_BYTES_MAX,
  parseImageConfig,
  type ImageConfig,
} from '../../formats/image-config.ts';
import type { Platform } from '../../formats/platform.ts';
import type { ImageUsers } from './image.ts';
import { manifestSummaries, targetOf } from './image-manifests.ts';
import { findForPlatform } from './platform-match.ts';
import { createdSeconds, sizeOf, type ImageRecord } from './image-record.ts';
import type { ImageStore } from './image-store.ts';

/** What Docker says of an image that was never tagged on this machine. Source: Go's zero time. */
const NEVER = '0001-01-01T00:00:00Z';

export interface InspectParts {
  readonly images: ImageStore;
  readonly content: ContentStore;
  readonly snapshotter: Snapshotter;
  readonly users: () => ImageUsers;
}

export interface InspectOptions {
  readonly withManifests?: boolean;
  /** Another one than the image's is refused. */
  readonly platform?: Platform | undefined;
}

export function inspectImage(
  parts: InspectParts,
  name: string,
  options: InspectOptions = {},
): ImageInspect {
  const record = findForPlatform(parts.images, name, options.platform);
  const config = parseImageConfig(parts.content.read(record.id, CONFIG_BYTES_MAX));
  const { repoTags, repoDigests } = parts.images.view(record);
  const diffIds = record.layers.map((layer) => layer.diffId);
  const target = targetOf(parts.content, record);
  const manifests = options.withManifests && manifestSummaries(parts, record);
  return {
    Id: record.id,
    RepoTags: [...repoTags],
    RepoDigests: [...repoDigests],
    Parent: record.parent ?? '',
    Comment: config.comment || (config.history?.at(-1)?.comment ?? ''),
    ...(config.created && { Created: config.created }),
    DockerVersion: config.docker_version ?? '',
    Author: config.author ?? '',
    Config: runConfigOf(config),
    Architecture: config.architecture,
    ...(config.variant && { Variant: config.variant }),
    Os: config.os,
    ...(config['os.version'] && { OsVersion: config['os.version'] }),
    Size: sizeOf(record),
    GraphDriver: { Name: 'overlay2', Data: overlayData(parts.snapshotter, record) },
    RootFS: { Type: 'layers', ...(diffIds.length > 0 && { Layers: diffIds }) },
    Metadata: { LastTagTime: record.lastTagged || NEVER },
    ...(target && { Descriptor: target }),
    ...(manifests && { Manifests: manifests }),
  };
}

/** Fields that clients index into whether an image sets them or not. Source: moby `image/inspect`. */
const EMPTY_CONFIG = {
  User: '',
  Env: null,
  Cmd: null,
  Volumes: null,
  WorkingDir: '',
  Entrypoint: null,
  OnBuild: null,
  Labels: null,
};

/** And those that the image specification has but no client counts on. */
const FURTHER_FIELDS = ['ExposedPorts', 'StopSignal', 'ArgsEscaped', 'Healthcheck', 'Shell'];

/** What old builders left of their own containers beside it is not shown. */
function runConfigOf({ config }: ImageConfig): Record<string, unknown> {
  const isShown = (name: string) => name in EMPTY_CONFIG || FURTHER_FIELDS.includes(name);
  const fields = Object.entries(config ?? {}).filter(
    ([name, value]) => isShown(name) && value !== null && value !== undefined,
  );
  return { ...EMPTY_CONFIG, ...Object.fromEntries(fields) };
}

/** Where the layers lie, as tools that read overlay images off the disk expect it. */
function overlayData(snapshotter: Snapshotter, record: ImageRecord): Record<string, string> | null {
  const unpacked = record.layers.filter((layer) => snapshotter.has(layer.diffId));
  const paths = unpacked.map((layer) => snapshotter.pathOf(layer.diffId)).toReversed();
  const [upper, ...lower] = paths;
  if (upper === undefined) return null;
  return { ...(lower.length > 0 && { LowerDir: lower.join(':') }), UpperDir: upper };
}

/** Newest first; each entry that made a layer carries the layer's size. */
export function imageHistory(
  parts: InspectParts,
  name: string,
  platform: Platform | undefined,
): ImageHistoryItem[] {
  const record = findForPlatform(parts.images, name, platform);
  const config = parseImageConfig(parts.content.read(record.id, CONFIG_BYTES_MAX));
  let layer = 0;
  const items = (config.history ?? []).map((entry): ImageHistoryItem => ({
    Id: '<missing>',
    Created: createdSeconds(entry.created ?? ''),
    CreatedBy: entry.created_by ?? '',
    Tags: null,
    Size: entry.empty_layer ? 0 : (record.layers[layer++]?.sizeBytes ?? 0),
    Comment: entry.comment ?? '',
  }));
  return withImages(parts.images, items.toReversed(), record);
}

/** The newest entry is the image itself; those below it the images it was made from, while known. */
function withImages(
  images: ImageStore,
  items: readonly ImageHistoryItem[],
  top: ImageRecord,
): ImageHistoryItem[] {
  let id: Digest | undefined = top.id;
  return items.map((item) => {
    const record: ImageRecord | undefined = id === undefined ? undefined : images.get(id);
    if (record === undefined || (record !== top && record.isDetached)) {
      id = undefined;
      return item;
    }
    id = record.parent;
    const { repoTags } = images.view(record);
    return { ...item, Id: record.id, Tags: repoTags.length > 0 ? [...repoTags] : null };
  });
}
