/** What the engine remembers of an image, and the view of it that the other services get. */
import type { Digest } from '../../formats/digest.ts';
import type { ImageConfig, ImageRunConfigJson } from '../../formats/image-config.ts';
import type { Image, ImageRunConfig } from './image.ts';

export interface LayerRecord {
  readonly diffId: Digest;
  /** The blob the layer came as. */
  readonly digest: Digest;
  readonly mediaType: string;
  readonly blobBytes: number;
  /** Sum of the file sizes unpacked. */
  readonly sizeBytes: number;
}

/** A row of the `images` collection; the key is the image ID. */
export interface ImageRecord {
  readonly id: Digest;
  /** Lowest first. */
  readonly layers: readonly LayerRecord[];
  /** Manifests and lists it was pulled by, kept as blobs; the latest pull's first. */
  readonly manifests: readonly Digest[];
  /** The manifest or list that the latest pull's reference named. */
  readonly target?: { readonly mediaType: string; readonly digest: Digest; readonly size: number };
  /** The image it was made from here, by a commit or a build. */
  readonly parent?: Digest;
  readonly config: ImageRunConfigJson;
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly created: string;
  /** RFC 3339 with nine digits; empty when it was never tagged here. */
  readonly lastTagged: string;
  /** Deleted, but a container still stands on its layers: not listed, not found by name. */
  readonly isDetached?: boolean;
}

/** The parts of a record that come from the image's configuration. */
export function recordOf(
  id: Digest,
  config: ImageConfig,
  layers: readonly LayerRecord[],
  manifests: readonly Digest[],
): ImageRecord {
  return {
    id,
    layers,
    manifests,
    config: config.config ?? {},
    os: config.os,
    architecture: config.architecture,
    ...(config.variant && { variant: config.variant }),
    created: config.created ?? '',
    lastTagged: '',
  };
}

/** Everything that the record keeps alive: snapshots by diff ID, blobs by digest. */
export function needsOf(record: ImageRecord) {
  return [
    ...record.layers.map(({ diffId }) => ({ kind: 'snapshot', digest: diffId }) as const),
    ...record.layers.map(({ digest }) => ({ kind: 'layer', digest }) as const),
    ...[record.id, ...record.manifests].map((digest) => ({ kind: 'document', digest }) as const),
  ];
}

export function sizeOf(record: ImageRecord): number {
  return record.layers.reduce((sum, layer) => sum + layer.sizeBytes, 0);
}

/** The record as other services see it. */
export function imageView(
  record: ImageRecord,
  repoTags: readonly string[],
  repoDigests: readonly string[],
): Image {
  return {
    id: record.id,
    repoTags,
    repoDigests,
    diffIds: record.layers.map((layer) => layer.diffId),
    config: withoutNulls(record.config),
    os: record.os,
    architecture: record.architecture,
    ...(record.variant && { variant: record.variant }),
    created: record.created,
    sizeBytes: sizeOf(record),
  };
}

/** Configurations in the wild write `null` for what is not set. */
function withoutNulls(config: ImageRunConfigJson): ImageRunConfig {
  const set = Object.entries(config).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(set);
}

/** Seconds since the epoch; 0 for an image that does not say. */
export function createdSeconds(created: string): number {
  const ms = Date.parse(created);
  return Number.isNaN(ms) ? 0 : Math.floor(ms / 1000);
}
