/**
 * Pushing: the layers of an image side by side, then its configuration, then its manifest under the
 * tag. What was pushed is known here by its digest from then on.
 * Source: moby `distribution/push_v2.go`, for what is told when and how errors read.
 */
import { EngineError } from '../../contract/errors.ts';
import type { ProgressMessage } from '../../contract/images.ts';
import type { ContentStore } from '../../drivers/content.ts';
import type { Credentials, FetchedManifest, PushTarget, Registry } from '../../drivers/registry.ts';
import { CONFIG_BYTES_MAX } from '../../formats/image-config.ts';
import { isForeignLayer, type Descriptor } from '../../formats/manifest.ts';
import { formatPlatform, isSamePlatform, type Platform } from '../../formats/platform.ts';
import {
  familiarName,
  familiarString,
  repositoryOf,
  withDigest,
  type Reference,
} from '../../formats/reference.ts';
import type { EventBus } from '../events/event-bus.ts';
import { needsOf, type ImageRecord } from './image-record.ts';
import type { ImageStore } from './image-store.ts';
import { ProgressStream, shortId, stepLine } from './progress.ts';
import type { LayerPusher } from './push-layers.ts';
import { composeManifest, keptManifestOf, type KeptManifest } from './push-manifest.ts';
import type { StorageUses } from './storage-uses.ts';

export interface PushRequest {
  /** Without a tag every tag of the repository is pushed. */
  readonly reference: Reference;
  /** The image must be of this platform; undefined is any. */
  readonly platform: Platform | undefined;
  readonly credentials?: Credentials;
}

export interface PushParts {
  readonly registry: Registry;
  readonly content: ContentStore;
  readonly images: ImageStore;
  readonly layers: LayerPusher;
  readonly uses: StorageUses;
  readonly events: EventBus;
}

/** Repositories a layer is asked to be mounted from before it is sent. */
const SOURCES_MAX = 3;

/** Pushes and yields progress. Throws before the first line for an image of another platform. */
export async function* pushImage(
  parts: PushParts,
  request: PushRequest,
  signal: AbortSignal,
): AsyncGenerator<ProgressMessage> {
  const { reference } = request;
  expectPlatform(parts, request);
  yield { status: `The push refers to repository [${repositoryOf(reference)}]` };
  const target = parts.registry.target(reference, request.credentials);
  for (const tag of tagsOf(parts.images, reference)) yield* pushTag(parts, target, tag, signal);
}

function expectPlatform({ images }: PushParts, { reference, platform }: PushRequest): void {
  const id = platform && images.idOf(reference);
  const record = id && images.get(id);
  if (platform === undefined || record === undefined) return;
  const { os, architecture, variant } = record;
  const actual = { os, architecture, variant };
  const isVariant = platform.variant === undefined || platform.variant === variant;
  if (isSamePlatform(actual, platform) && isVariant) return;
  throw new EngineError(
    'not-found',
    `image with reference ${familiarString(reference)} was found but its platform ` +
      `(${formatPlatform(actual)}) does not match the specified platform (${formatPlatform(platform)})`,
  );
}

/** The tags that are meant; throws what Docker says of those that are not there. */
function tagsOf(images: ImageStore, reference: Reference): Reference[] {
  const known = images.all().flatMap(({ id }) => images.referencesOf(id));
  const repository = repositoryOf(reference);
  const own = known.filter((it) => repositoryOf(it) === repository);
  if (own.length === 0)
    throw new EngineError(
      'not-found',
      `An image does not exist locally with the tag: ${familiarName(reference)}`,
    );
  if (reference.digest !== undefined)
    throw new EngineError('invalid-argument', 'cannot push a digest reference');
  if (reference.tag !== undefined) {
    if (images.idOf(reference) !== undefined) return [reference];
    throw new EngineError('not-found', `tag does not exist: ${familiarString(reference)}`);
  }
  const tags = own.filter(({ digest }) => digest === undefined);
  if (tags.length === 0)
    throw new EngineError('not-found', `no tags to push for ${familiarName(reference)}`);
  return tags;
}

async function* pushTag(
  parts: PushParts,
  target: PushTarget,
  reference: Reference,
  signal: AbortSignal,
): AsyncGenerator<ProgressMessage> {
  const record = parts.images.find(familiarString(reference));
  // Whoever removes the image meanwhile does not pull its files from under the upload.
  using lease = parts.uses.lease({ keepsLayers: false });
  for (const { kind, digest } of needsOf(record)) lease.hold(kind, digest);
  const abort = new AbortController();
  const progress = new ProgressStream();
  const work = send(parts, {
    record,
    target,
    reference,
    push: (line) => progress.push(line),
    signal: AbortSignal.any([signal, abort.signal]),
  });
  let manifest: FetchedManifest;
  try {
    manifest = yield* progress.until(work);
  } finally {
    abort.abort(new EngineError('cancelled', 'context canceled'));
    await work.catch(() => {});
  }
  const { digest, bytes } = manifest;
  const tag = reference.tag ?? '';
  lease.hold('document', digest);
  await parts.content.add(bytes);
  const current = parts.images.get(record.id);
  if (current !== undefined && !current.isDetached)
    parts.images.add({ ...current, manifests: [digest] }, [withDigest(reference, digest)]);
  parts.events.publish({
    type: 'image',
    action: 'push',
    actorId: familiarString(reference),
    attributes: { ...record.config.Labels, name: familiarName(reference) },
  });
  yield { status: `${tag}: digest: ${digest} size: ${bytes.length}` };
  yield { progressDetail: {}, aux: { Tag: tag, Digest: digest, Size: bytes.length } };
}

interface Send {
  readonly record: ImageRecord;
  readonly target: PushTarget;
  readonly reference: Reference;
  readonly push: (line: ProgressMessage) => void;
  readonly signal: AbortSignal;
}

/** Everything of one tag, up to its manifest. */
async function send(parts: PushParts, task: Send): Promise<FetchedManifest> {
  const { record, target, reference, signal } = task;
  for (const { diffId } of record.layers) task.push(stepLine('Preparing', shortId(diffId)));
  const kept = keptManifestOf(parts.content, record);
  const layers = await sendLayers(parts, task, kept);
  const config = parts.content.read(record.id, CONFIG_BYTES_MAX);
  if ((await target.blobSize(record.id, signal)) === undefined)
    await target.upload({ kind: 'bytes', digest: record.id, bytes: config }, { signal });
  const isAsItCame = layers.every(({ digest }, at) => digest === kept?.manifest.layers[at]?.digest);
  const manifest =
    kept && isAsItCame ? kept : composeManifest({ digest: record.id, size: config.length }, layers);
  await target.putManifest(reference.tag ?? '', manifest, signal);
  return manifest;
}

/** All at once: the slots are limited. One that fails ends the others. */
async function sendLayers(
  parts: PushParts,
  task: Send,
  kept: KeptManifest | undefined,
): Promise<Descriptor[]> {
  const failed = new AbortController();
  const signal = AbortSignal.any([task.signal, failed.signal]);
  const sends = task.record.layers.map(async (layer, index) => {
    const named = kept?.manifest.layers[index];
    if (named !== undefined && isForeignLayer(named.mediaType)) {
      // Its licence forbids to hand it on; the manifest says where it lies.
      task.push(stepLine('Skipped foreign layer', shortId(layer.diffId)));
      return named;
    }
    const sources = sourcesOf(parts.images, task.reference, layer.digest);
    try {
      return await parts.layers.push({ ...task, layer, sources, signal });
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  });
  // Every one has let go of its files before the first error is passed on.
  await Promise.allSettled(sends);
  signal.throwIfAborted();
  return await Promise.all(sends);
}

/** Paths of repositories of the same registry from or to which an image with the layer went. */
function sourcesOf(images: ImageStore, { domain, path }: Reference, layer: string): string[] {
  const holders = images
    .all()
    .filter(({ layers }) => layers.some(({ digest }) => digest === layer));
  const known = holders.flatMap(({ id }) => images.referencesOf(id));
  const paths = known
    .filter((name) => name.digest !== undefined && name.domain === domain && name.path !== path)
    .map((name) => name.path);
  return [...new Set(paths)].slice(0, SOURCES_MAX);
}
