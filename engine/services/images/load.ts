/**
 * Loading: images from an archive that `docker save`, this engine or an OCI tool wrote. Every layer
 * is verified against the configuration that names it, as in a pull; what fails leaves nothing.
 */
import { EngineError } from '../../contract/errors.ts';
import type { ContentStore, ReceivedArchive } from '../../drivers/content.ts';
import {
  ARCHIVE_DOCUMENT_BYTES_MAX,
  blobName,
  digestOfBlobName,
  parseArchiveManifest,
  parseLayoutIndex,
  type ArchivedImage,
} from '../../formats/image-archive.ts';
import { digestOf, type Digest } from '../../formats/digest.ts';
import {
  CONFIG_BYTES_MAX,
  diffIdsOf,
  parseImageConfig,
  type ImageConfig,
} from '../../formats/image-config.ts';
import { MANIFEST_BYTES_MAX, parseManifest } from '../../formats/manifest.ts';
import { choosePlatform, formatPlatform, type Platform } from '../../formats/platform.ts';
import {
  familiarString,
  parseReference,
  withDefaultTag,
  type Reference,
} from '../../formats/reference.ts';
import type { EventBus } from '../events/event-bus.ts';
import { ArchiveLayers } from './archive-layers.ts';
import { needsOf, recordOf, type ImageRecord, type LayerRecord } from './image-record.ts';
import type { ImageStore } from './image-store.ts';
import type { LayerStore } from './layer-store.ts';
import type { Lease, StorageUses } from './storage-uses.ts';

export interface LoadParts {
  readonly content: ContentStore;
  readonly images: ImageStore;
  readonly layers: LayerStore;
  readonly uses: StorageUses;
  readonly events: EventBus;
  readonly host: Platform;
}

/** What a load tells as it goes: each layer that was not here before, then its image by tag or id. */
export type LoadedPart =
  { readonly layer: LayerRecord } | { readonly id: Digest; readonly tag?: string };

/** `platform` chooses among the images of an index; one that is not of it is refused. */
export async function* loadImages(
  parts: LoadParts,
  bytes: AsyncIterable<Uint8Array>,
  platform: Platform | undefined,
  signal: AbortSignal,
): AsyncGenerator<LoadedPart> {
  using lease = parts.uses.lease({ keepsLayers: false });
  await using layers = new ArchiveLayers(parts.layers, lease, signal);
  using archive = await parts.content.ingestArchive(bytes, signal, (file) => {
    if (!isKept(parts, file.name)) layers.arrived(file);
  });
  const task: Load = { archive, lease, layers, platform };
  for (const image of imagesIn(archive, platform ?? parts.host)) {
    const { record, fresh } = await bringIn(parts, task, image);
    for (const layer of fresh) yield { layer };
    const tags = image.tags.map((tag): Reference => withDefaultTag(parseReference(tag)));
    parts.images.add(record, tags);
    parts.events.publish({
      type: 'image',
      action: 'load',
      actorId: record.id,
      attributes: { ...record.config.Labels, name: record.id },
    });
    if (tags.length === 0) yield { id: record.id };
    for (const tag of tags) yield { id: record.id, tag: familiarString(tag) };
  }
}

/** By its name in a layout: then its image is here as well, most likely. */
function isKept({ content }: LoadParts, name: string): boolean {
  const digest = digestOfBlobName(name);
  return digest !== undefined && content.has(digest);
}

function imagesIn(archive: ReceivedArchive, host: Platform): ArchivedImage[] {
  const docker = archive.read('manifest.json', ARCHIVE_DOCUMENT_BYTES_MAX);
  if (docker !== undefined) return parseArchiveManifest(docker);
  const index = archive.read('index.json', ARCHIVE_DOCUMENT_BYTES_MAX);
  if (index === undefined)
    throw new EngineError(
      'invalid-argument',
      'the archive holds no images: it has neither manifest.json nor index.json',
    );
  return parseLayoutIndex(index).map(({ digest, name }) => ({
    ...layoutImage(archive, digest, host),
    // A layout of another tool may note a mere tag, which names nothing by itself.
    tags: name?.includes('/') ? [name] : [],
  }));
}

/** Follows an index of the layout to the image for this machine. */
function layoutImage(
  archive: ReceivedArchive,
  digest: Digest,
  host: Platform,
): Omit<ArchivedImage, 'tags'> {
  const bytes = archive.read(blobName(digest), MANIFEST_BYTES_MAX);
  if (bytes === undefined) throw missing(blobName(digest));
  const manifest = parseManifest(bytes);
  if (manifest.kind === 'image')
    return {
      config: blobName(manifest.config.digest),
      layers: manifest.layers.map((layer) => blobName(layer.digest)),
    };
  const entry = choosePlatform(manifest.manifests, host);
  if (entry === undefined || entry.digest === digest)
    throw new EngineError('not-found', 'the archive holds no image for this platform');
  return layoutImage(archive, entry.digest, host);
}

interface Load {
  readonly archive: ReceivedArchive;
  readonly lease: Lease;
  readonly layers: ArchiveLayers;
  readonly platform: Platform | undefined;
}

async function bringIn(
  parts: LoadParts,
  task: Load,
  image: ArchivedImage,
): Promise<{ record: ImageRecord; fresh: readonly LayerRecord[] }> {
  const bytes = task.archive.read(image.config, CONFIG_BYTES_MAX);
  if (bytes === undefined) throw missing(image.config);
  const config = parseImageConfig(bytes);
  const diffIds = diffIdsOf(config);
  if (diffIds.length !== image.layers.length)
    throw new EngineError(
      'invalid-argument',
      `invalid manifest, layers length mismatch: expected ${diffIds.length}, got ${image.layers.length}`,
    );
  requirePlatform(config, task.platform);
  const id = digestOf(bytes);
  task.lease.hold('document', id);
  const known = parts.images.get(id);
  // It may be removed while the rest is brought in.
  if (known) for (const { kind, digest } of needsOf(known)) task.lease.hold(kind, digest);
  const isKnown =
    known && diffIds.every((diffId, index) => isHere(parts, diffId, known.layers[index]));
  const layers = isKnown ? known.layers : await bringInLayers(task, image.layers, diffIds);
  await parts.content.add(bytes);
  return { record: recordOf(id, config, layers, []), fresh: isKnown ? [] : layers };
}

/** Source: moby tarexport, load: an image of another platform than asked for is an error. */
function requirePlatform(config: ImageConfig, wanted: Platform | undefined): void {
  if (wanted === undefined) return;
  const { os, architecture, variant } = config;
  const offered = { os, architecture, ...(variant && { variant }) };
  if (choosePlatform([{ platform: offered }], wanted) !== undefined) return;
  throw new EngineError(
    'not-found',
    `requested platform (${formatPlatform(wanted)}) not found: image is ${formatPlatform(offered)}`,
  );
}

function isHere(parts: LoadParts, diffId: Digest, layer: LayerRecord | undefined): boolean {
  return layer?.diffId === diffId && parts.layers.isWhole(diffId, layer.digest, layer.blobBytes);
}

async function bringInLayers(
  task: Load,
  files: readonly string[],
  diffIds: readonly Digest[],
): Promise<LayerRecord[]> {
  const all = diffIds.map(async (diffId, index) => {
    const file = files[index] as string;
    const ingest = task.archive.file(file);
    if (ingest === undefined) throw missing(file);
    return expected(await task.layers.of(ingest), diffId);
  });
  // Every one has let go of its files before the first error is passed on.
  await Promise.allSettled(all);
  return await Promise.all(all);
}

function expected(layer: LayerRecord, diffId: Digest): LayerRecord {
  if (layer.diffId === diffId) return layer;
  throw new EngineError(
    'invalid-argument',
    `invalid diffID for layer: expected "${diffId}", got "${layer.diffId}"`,
  );
}

function missing(name: string): EngineError {
  return new EngineError('invalid-argument', `${name} is missing from the archive`);
}
