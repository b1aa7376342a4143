/**
 * Pulling: reference → manifest → configuration → layers side by side → one record. Nothing of a
 * pull that fails or is given up stays but blobs set aside for the next attempt.
 */
import { EngineError } from '../../contract/errors.ts';
import type { ProgressMessage } from '../../contract/images.ts';
import type { ContentStore } from '../../drivers/content.ts';
import type { Credentials, Registry, Repository } from '../../drivers/registry.ts';
import type { Digest } from '../../formats/digest.ts';
import {
  CONFIG_BYTES_MAX,
  diffIdsOf,
  parseImageConfig,
  type ImageConfig,
} from '../../formats/image-config.ts';
import type { ImageManifest } from '../../formats/manifest.ts';
import { parsePlatform, type Platform } from '../../formats/platform.ts';
import {
  familiarName,
  familiarString,
  repositoryOf,
  withDigest,
  withTag,
  type Reference,
} from '../../formats/reference.ts';
import type { EventBus } from '../events/event-bus.ts';
import { recordOf, type ImageRecord, type LayerRecord } from './image-record.ts';
import type { ImageStore } from './image-store.ts';
import { LayerProgress } from './layer-progress.ts';
import type { LayerStore } from './layer-store.ts';
import { platformMismatch } from './platform-match.ts';
import { ProgressStream, shortId } from './progress.ts';
import { resolveImage, targetOf, type ResolvedImage } from './resolve.ts';
import type { Lease, StorageUses } from './storage-uses.ts';

export interface PullRequest {
  /** Without tag and digest every tag is pulled. */
  readonly reference: Reference;
  /** `os[/arch[/variant]]`; empty is the host's. */
  readonly platform: string;
  readonly credentials?: Credentials;
}

export interface PullParts {
  readonly registry: Registry;
  readonly content: ContentStore;
  readonly images: ImageStore;
  readonly layers: LayerStore;
  readonly uses: StorageUses;
  readonly events: EventBus;
  readonly host: Platform;
}

/**
 * Pulls and yields progress. Throws before the first line what deserves a status of its own: the
 * reference is not there, may not be seen, or has no image for the platform.
 */
export async function* pullImage(
  parts: PullParts,
  request: PullRequest,
  signal: AbortSignal,
): AsyncGenerator<ProgressMessage> {
  const repository = parts.registry.repository(request.reference, request.credentials);
  const { reference } = request;
  const wanted = parsePlatform(request.platform, parts.host);
  const pulled: PulledImage[] = [];
  if (reference.tag !== undefined || reference.digest !== undefined)
    pulled.push(yield* pullOne(parts, { reference, wanted, repository }, signal));
  else
    for (const tag of await repository.tags(signal)) {
      const tagged = { reference: withTag(reference, tag), wanted, repository };
      pulled.push(yield* pullOne(parts, tagged, signal));
    }
  const isNew = pulled.some((image) => image.isNew);
  yield {
    status: isNew
      ? `Status: Downloaded newer image for ${pulledName(reference)}`
      : `Status: Image is up to date for ${pulledName(reference)}`,
  };
  for (const { record } of pulled) {
    // The host's own is not asked of a lone manifest, which may be of any.
    const mismatch =
      request.platform !== '' && platformMismatch(record, wanted, repositoryOf(reference));
    if (mismatch) yield { status: `WARNING: ${mismatch.message}` };
  }
}

interface OnePull {
  /** With a tag or a digest. */
  readonly reference: Reference;
  readonly wanted: Platform;
  readonly repository: Repository;
}

interface PulledImage {
  readonly record: ImageRecord;
  /** The name stood for another image before, or for none. */
  readonly isNew: boolean;
}

/** A pull with both a tag and a digest goes by the digest, as Docker's does. */
function pulledName(reference: Reference): string {
  const { digest } = reference;
  return familiarString(digest ? withDigest(reference, digest) : reference);
}

/** Yields the lines of one tag or digest. */
async function* pullOne(
  parts: PullParts,
  request: OnePull,
  signal: AbortSignal,
): AsyncGenerator<ProgressMessage, PulledImage> {
  const { wanted, repository } = request;
  const { digest, tag } = request.reference;
  const identifier = digest ?? (tag as string);
  const reference = digest ? withDigest(request.reference, digest) : request.reference;
  const resolved = await resolveImage(repository, identifier, wanted, signal);
  yield { status: `Pulling from ${reference.path}`, id: identifier };

  const before = parts.images.idOf(reference);
  using lease = parts.uses.lease({ keepsLayers: true });
  const abort = new AbortController();
  const joint = AbortSignal.any([signal, abort.signal]);
  const progress = new ProgressStream();
  const work = bringIn(parts, { repository, resolved, lease, progress, signal: joint });
  let record: ImageRecord;
  try {
    record = yield* progress.until(work);
  } finally {
    // Also when the reader just went away: no layer may be left without anyone waiting for it.
    abort.abort(new EngineError('cancelled', 'context canceled'));
    await work.catch(() => {});
  }
  parts.images.add(record, [reference, withDigest(reference, resolved.top.digest)]);
  parts.events.publish({
    type: 'image',
    action: 'pull',
    actorId: familiarString(reference),
    attributes: { ...record.config.Labels, name: familiarName(reference) },
  });
  yield { status: `Digest: ${resolved.top.digest}` };
  return { record, isNew: before !== record.id };
}

interface BringIn {
  readonly repository: Repository;
  readonly resolved: ResolvedImage;
  readonly lease: Lease;
  readonly progress: ProgressStream;
  readonly signal: AbortSignal;
}

/** Fetches configuration and layers and makes them durable; the record is left to the caller. */
async function bringIn(parts: PullParts, task: BringIn): Promise<ImageRecord> {
  const { manifest, manifests } = task.resolved;
  const config = await fetchConfig(parts, task);
  requireLinux(config);
  const diffIds = diffIdsOf(config);
  if (diffIds.length !== manifest.layers.length)
    throw new EngineError(
      'invalid-argument',
      `the configuration names ${diffIds.length} layers, the manifest ${manifest.layers.length}`,
    );
  const layers = await fetchLayers(parts, task, diffIds);
  for (const { bytes, digest } of manifests) {
    task.lease.hold('document', digest);
    await parts.content.add(bytes);
  }
  const digests = manifests.map(({ digest }) => digest);
  return {
    ...recordOf(manifest.config.digest, config, layers, digests),
    target: targetOf(task.resolved),
  };
}

async function fetchConfig(parts: PullParts, task: BringIn): Promise<ImageConfig> {
  const { digest, size } = task.resolved.manifest.config;
  task.lease.hold('document', digest);
  if (size > CONFIG_BYTES_MAX)
    throw new EngineError(
      'invalid-argument',
      `configuration ${digest} is larger than ${CONFIG_BYTES_MAX} bytes`,
    );
  const kept = keptConfig(parts.content, digest);
  if (kept !== undefined) return kept;
  const bytes = await task.repository.blob(
    digest,
    CONFIG_BYTES_MAX,
    `configuration ${digest}`,
    task.signal,
  );
  if (bytes.length !== size)
    throw new EngineError('internal', `configuration ${digest} has not the size stated`);
  const config = parseImageConfig(bytes);
  await parts.content.add(bytes);
  return config;
}

/** Undefined also for a configuration that was damaged on disk: it is fetched like any other. */
function keptConfig(content: ContentStore, digest: Digest): ImageConfig | undefined {
  try {
    return parseImageConfig(content.read(digest, CONFIG_BYTES_MAX));
  } catch {
    return undefined;
  }
}

/** All at once: the unpacker has its own limit. One that fails ends the others. */
async function fetchLayers(
  parts: PullParts,
  task: BringIn,
  diffIds: readonly Digest[],
): Promise<LayerRecord[]> {
  const failed = new AbortController();
  const signal = AbortSignal.any([task.signal, failed.signal]);
  const fetches = diffIds.map((diffId, index) =>
    fetchLayer(parts, { ...task, signal }, index, diffId).catch((error: unknown) => {
      failed.abort(error);
      throw error;
    }),
  );
  // Every one has let go of its files before the first error is passed on.
  await Promise.allSettled(fetches);
  return await Promise.all(fetches);
}

async function fetchLayer(
  parts: PullParts,
  task: BringIn,
  index: number,
  diffId: Digest,
): Promise<LayerRecord> {
  const blob = task.resolved.manifest.layers[index] as ImageManifest['layers'][number];
  task.lease.hold('snapshot', diffId);
  task.lease.hold('layer', blob.digest);
  const progress = new LayerProgress(shortId(blob.digest), blob.size, (line) =>
    task.progress.push(line),
  );
  if (parts.layers.isWhole(diffId, blob.digest, blob.size)) {
    // Of an image that is here already Docker's pull shows no layers at all.
    if (parts.images.get(task.resolved.manifest.config.digest) === undefined) progress.exists();
  } else {
    progress.begin();
    const { repository } = task;
    await parts.layers.fetch({ diffId, blob, repository }, task.signal, (at) =>
      progress.update(at),
    );
    progress.complete();
  }
  return {
    diffId,
    digest: blob.digest,
    mediaType: blob.mediaType,
    blobBytes: blob.size,
    sizeBytes: parts.layers.sizeBytes(diffId),
  };
}

/** Any architecture is taken of a lone manifest, as Docker does: one asked for in vain is a warning. */
function requireLinux({ os }: ImageConfig): void {
  if (os === '' || os === 'linux') return;
  throw new EngineError(
    'invalid-argument',
    `image operating system "${os}" cannot be used on this platform`,
  );
}
