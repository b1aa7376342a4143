/**
 * Saving: images as one tar stream that any Docker and any OCI tool loads. Layers go out as they are
 * kept, compressed, so nothing is packed again; each blob is written once.
 */
import type { ContentStore } from '../../drivers/content.ts';
import type { FetchedManifest } from '../../drivers/registry.ts';
import type { Digest } from '../../formats/digest.ts';
import { digestOf, hexOf, isDigest } from '../../formats/digest.ts';
import { blobName } from '../../formats/image-archive.ts';
import { PACKING_HEAD_BYTES, pushableLayerType } from '../../formats/layer-packing.ts';
import { MEDIA_TYPE, type Descriptor } from '../../formats/manifest.ts';
import type { Platform } from '../../formats/platform.ts';
import {
  canonicalString,
  familiarName,
  familiarString,
  parseReference,
  withDefaultTag,
  type Reference,
} from '../../formats/reference.ts';
import { TAR_END, tarEntry, tarHeader, tarPadding } from '../../formats/tar-writer.ts';
import type { EventBus } from '../events/event-bus.ts';
import { createdSeconds, needsOf, type ImageRecord } from './image-record.ts';
import type { ImageStore } from './image-store.ts';
import { findForPlatform } from './platform-match.ts';
import { keptManifestOf } from './push-manifest.ts';
import type { StorageUses } from './storage-uses.ts';

export interface SaveParts {
  readonly images: ImageStore;
  readonly content: ContentStore;
  readonly uses: StorageUses;
  readonly events: EventBus;
}

interface SavedImage {
  readonly record: ImageRecord;
  readonly tags: readonly Reference[];
}

/**
 * Throws before the first byte for names, and for blobs, that are not there, and for images of another
 * platform than asked for.
 */
export function saveImages(
  parts: SaveParts,
  names: readonly string[],
  platform: Platform | undefined,
): AsyncGenerator<Buffer> {
  const chosen = new Map<Digest, SavedImage>();
  for (const name of names.flatMap((it) => spelledOut(parts.images, it))) {
    const record = findForPlatform(parts.images, name, platform);
    const tags = chosen.get(record.id)?.tags ?? [];
    const known = new Set(tags.map(canonicalString));
    const more = tagsNamed(parts.images, record, name);
    const fresh = more.filter((tag) => !known.has(canonicalString(tag)));
    chosen.set(record.id, { record, tags: [...tags, ...fresh] });
  }
  for (const digest of blobsOf([...chosen.values()])) parts.content.sizeBytes(digest);
  return underLease(parts, [...chosen.values()]);
}

function blobsOf(images: readonly SavedImage[]): Digest[] {
  return images.flatMap(({ record }) => [record.id, ...record.layers.map(({ digest }) => digest)]);
}

/** Whoever removes an image meanwhile does not pull its blobs from under the archive. */
async function* underLease(
  parts: SaveParts,
  images: readonly SavedImage[],
): AsyncGenerator<Buffer> {
  using lease = parts.uses.lease({ keepsLayers: false });
  for (const { kind, digest } of images.flatMap(({ record }) => needsOf(record)))
    lease.hold(kind, digest);
  yield* archiveOf(parts.content, images);
  for (const { record } of images)
    parts.events.publish({
      type: 'image',
      action: 'save',
      actorId: record.id,
      attributes: { ...record.config.Labels, name: record.id },
    });
}

/** A name saves that tag, an id or a digest saves none. */
function tagsNamed(images: ImageStore, record: ImageRecord, name: string): Reference[] {
  if (record.id.startsWith(name) || record.id.startsWith(`sha256:${name}`)) return [];
  const wanted = canonicalString(withDefaultTag(parseReference(name)));
  return images
    .referencesOf(record.id)
    .filter((tag) => tag.digest === undefined && canonicalString(tag) === wanted);
}

/** A bare repository stands for all its tags, anything else for itself. Source: moby tarexport, parseNames. */
function spelledOut(images: ImageStore, name: string): string[] {
  if (isDigest(name) || FULL_ID.test(name)) return [name];
  const reference = parseReference(name);
  if (reference.tag !== undefined || reference.digest !== undefined) return [name];
  const tags = images.tagsOf(reference);
  return tags.length > 0 ? tags.map(canonicalString) : [name];
}

const FULL_ID = /^[0-9a-f]{64}$/;

async function* archiveOf(
  content: ContentStore,
  images: readonly SavedImage[],
): AsyncGenerator<Buffer> {
  const written = new Set<Digest>();
  const descriptors: object[] = [];
  for (const { record, tags } of images) {
    const manifest = await manifestOf(content, record);
    for (const digest of [...record.layers.map((layer) => layer.digest), record.id])
      if (!written.has(digest)) {
        written.add(digest);
        yield* blobMember(content, digest, record);
      }
    yield* document(blobName(manifest.digest), manifest.bytes);
    const { mediaType, digest, bytes } = manifest;
    const target = { mediaType, digest, size: bytes.length };
    if (tags.length === 0) descriptors.push(target);
    for (const tag of tags) descriptors.push({ ...target, annotations: annotationsOf(tag) });
  }
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  yield* document('manifest.json', json(images.map(dockerManifestOf)));
  yield* document(
    'index.json',
    json({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests: descriptors }),
  );
  const repositories = oldRepositoriesOf(images);
  if (repositories !== undefined) yield* document('repositories', json(repositories));
  yield* document('oci-layout', json({ imageLayoutVersion: '1.0.0' }));
  yield TAR_END;
}

function dockerManifestOf({ record, tags }: SavedImage): object {
  return {
    Config: blobName(record.id),
    RepoTags: tags.length > 0 ? tags.map(familiarString) : null,
    Layers: record.layers.map((layer) => blobName(layer.digest)),
  };
}

/**
 * The tags in the format before `manifest.json`, which some tools still look for: repository → tag →
 * topmost layer. Undefined where no image has both. Source: Docker image spec v1.0; moby tarexport.
 */
function oldRepositoriesOf(
  images: readonly SavedImage[],
): Record<string, Record<string, string>> | undefined {
  const repositories = new Map<string, Record<string, string>>();
  for (const { record, tags } of images) {
    const top = record.layers.at(-1);
    if (top === undefined) continue;
    for (const tag of tags) {
      const name = familiarName(tag);
      const others = repositories.get(name);
      repositories.set(name, { ...others, [tag.tag as string]: hexOf(top.digest) });
    }
  }
  return repositories.size > 0 ? Object.fromEntries(repositories) : undefined;
}

/** Source: containerd and Docker name images of a layout by these two. */
function annotationsOf(tag: Reference): Record<string, string> {
  return {
    'io.containerd.image.name': canonicalString(tag),
    'org.opencontainers.image.ref.name': tag.tag ?? '',
  };
}

/**
 * The manifest it was pulled by if that is an OCI one, else one made up: readers of layouts know
 * nothing of Docker's own.
 */
async function manifestOf(content: ContentStore, record: ImageRecord): Promise<FetchedManifest> {
  const kept = keptManifestOf(content, record);
  if (kept?.mediaType === MEDIA_TYPE.ociManifest) return kept;
  const config: Descriptor = {
    mediaType: MEDIA_TYPE.ociConfig,
    digest: record.id,
    size: content.sizeBytes(record.id),
  };
  const layers: Descriptor[] = [];
  for (const { digest, blobBytes } of record.layers)
    layers.push({ mediaType: await layerType(content, digest), digest, size: blobBytes });
  const mediaType = MEDIA_TYPE.ociManifest;
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config, layers }));
  return { mediaType, digest: digestOf(bytes), bytes };
}

/** What is not packed in a way of OCI's own is named as a plain archive, as skopeo does. */
async function layerType(content: ContentStore, digest: Digest): Promise<string> {
  for await (const piece of content.stream(digest))
    return pushableLayerType(piece.subarray(0, PACKING_HEAD_BYTES)) ?? MEDIA_TYPE.ociLayer;
  return MEDIA_TYPE.ociLayer;
}

async function* blobMember(
  content: ContentStore,
  digest: Digest,
  record: ImageRecord,
): AsyncGenerator<Buffer> {
  const sizeBytes = content.sizeBytes(digest);
  const mtimeSeconds = createdSeconds(record.created);
  yield tarHeader(tarEntry({ name: blobName(digest), sizeBytes, mtimeSeconds }));
  yield* content.stream(digest);
  yield tarPadding(sizeBytes);
}

function* document(name: string, bytes: Buffer): Generator<Buffer> {
  yield tarHeader(tarEntry({ name, sizeBytes: bytes.length }));
  yield bytes;
  yield tarPadding(bytes.length);
}
