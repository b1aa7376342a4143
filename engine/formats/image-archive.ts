/**
 * What `docker save` writes and `docker load` reads: an OCI image layout that also has Docker's own
 * `manifest.json`, so that both kinds of readers find their way. Pure.
 * Source: OCI image-spec, image-layout.md; Docker image spec v1.2, "Combined Image JSON + Filesystem
 * Changeset Format".
 */
import { z } from 'zod';
import { EngineError } from '../contract/errors.ts';
import { hexOf, isDigest, type Digest } from './digest.ts';

/** Larger documents of an archive are refused. */
export const ARCHIVE_DOCUMENT_BYTES_MAX = 8 << 20;

export interface ArchivedImage {
  /** File of the configuration within the archive. */
  readonly config: string;
  /** Familiar references, `busybox:latest`. */
  readonly tags: readonly string[];
  /** Files of the layers, lowest first. */
  readonly layers: readonly string[];
}

const dockerSchema = z.array(
  z.looseObject({
    Config: z.string(),
    RepoTags: z.array(z.string()).nullish(),
    Layers: z.array(z.string()).nullish(),
  }),
);

/** Reads Docker's `manifest.json`; throws `invalid-argument`. */
export function parseArchiveManifest(bytes: Uint8Array): ArchivedImage[] {
  const parsed = dockerSchema.safeParse(parseJson(bytes));
  if (!parsed.success)
    throw new EngineError('invalid-argument', 'invalid manifest.json in the archive');
  return parsed.data.map(({ Config, RepoTags, Layers }) => ({
    config: Config,
    tags: RepoTags ?? [],
    layers: Layers ?? [],
  }));
}

const indexSchema = z.looseObject({
  manifests: z.array(
    z.looseObject({
      digest: z.string().refine(isDigest),
      annotations: z.record(z.string(), z.string()).nullish(),
    }),
  ),
});

export interface LayoutEntry {
  readonly digest: Digest;
  /** The full reference, where the writer noted one. */
  readonly name: string | undefined;
}

/** Reads `index.json` of an OCI layout; throws `invalid-argument`. */
export function parseLayoutIndex(bytes: Uint8Array): LayoutEntry[] {
  const parsed = indexSchema.safeParse(parseJson(bytes));
  if (!parsed.success)
    throw new EngineError('invalid-argument', 'invalid index.json in the archive');
  return parsed.data.manifests.map(({ digest, annotations }) => ({
    digest: digest as Digest,
    name:
      annotations?.['io.containerd.image.name'] ??
      annotations?.['org.opencontainers.image.ref.name'],
  }));
}

/** Where a blob stands in an archive. */
export function blobName(digest: Digest): string {
  return `blobs/sha256/${hexOf(digest)}`;
}

/** The other way round; undefined for files that are no blobs. */
export function digestOfBlobName(name: string): Digest | undefined {
  const hex = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(name)?.[1];
  return hex === undefined ? undefined : `sha256:${hex}`;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString());
  } catch {
    return undefined;
  }
}
