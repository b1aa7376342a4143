/** From a reference to the manifest of one platform's image, over lists and lists of lists. */
import { EngineError } from '../../contract/errors.ts';
import type { FetchedManifest, Repository } from '../../drivers/registry.ts';
import {
  expectRunnable,
  isIndexType,
  parseManifest,
  type ImageIndex,
  type ImageManifest,
  type IndexEntry,
} from '../../formats/manifest.ts';
import { choosePlatform, formatPlatform, type Platform } from '../../formats/platform.ts';

/** Lists within lists that are followed. Nobody builds more than two. */
const DEPTH_MAX = 4;

/** What a reference turned out to be. */
export interface ResolvedImage {
  /** The manifest or list the reference names. */
  readonly top: FetchedManifest;
  /** Manifests on the way, top first. */
  readonly manifests: readonly FetchedManifest[];
  readonly manifest: ImageManifest;
}

/** Throws `not-found` when there is no image for the platform, `invalid-argument` for what is no image. */
export async function resolveImage(
  repository: Repository,
  identifier: string,
  wanted: Platform,
  signal: AbortSignal,
): Promise<ResolvedImage> {
  const top = await repository.manifest(identifier, signal);
  const manifests = [top];
  let manifest = parseManifest(top.bytes, top.mediaType);
  while (manifest.kind === 'index') {
    if (manifests.length > DEPTH_MAX)
      throw new EngineError(
        'invalid-argument',
        `manifest lists within manifest lists, more than ${DEPTH_MAX} deep`,
      );
    const entry = chooseEntry(manifest, wanted);
    const chosen = await repository.manifest(entry.digest, signal);
    if (entry.size !== 0 && chosen.bytes.length !== entry.size)
      throw new EngineError(
        'internal',
        `manifest ${entry.digest} has not the size its list states`,
      );
    manifests.push(chosen);
    manifest = parseManifest(chosen.bytes, chosen.mediaType || entry.mediaType);
  }
  expectRunnable(manifest);
  return { top, manifests, manifest };
}

/** The entry for the platform; failing that, one that does not say and may be it. */
function chooseEntry({ manifests }: ImageIndex, wanted: Platform): IndexEntry {
  const runnable = manifests.filter((entry) => !entry.isAttestation);
  const silent = runnable.filter((entry) => entry.platform === undefined);
  const chosen =
    choosePlatform(runnable, wanted) ??
    silent.find(({ mediaType }) => isIndexType(mediaType)) ??
    (runnable.length === 1 ? silent[0] : undefined);
  if (chosen !== undefined) return chosen;
  throw new EngineError(
    'not-found',
    `no matching manifest for ${formatPlatform(wanted)} in the manifest list entries`,
  );
}

/** What the reference names, as the image's record keeps it. */
export function targetOf({ top: { bytes, digest, mediaType } }: ResolvedImage) {
  return { mediaType: parseManifest(bytes, mediaType).mediaType, digest, size: bytes.length };
}
