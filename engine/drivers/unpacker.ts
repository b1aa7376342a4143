/**
 * Turns a layer's blob into a directory, in one pass: fetch, verify, keep, decompress, verify, write.
 *
 * Guarantees: nothing outside the given directory and ingest file is written; memory is bounded
 * whatever the layer's size; when the promise resolves, every digest was computed from the very
 * bytes that were written. On a failure the caller drops the directory; the ingest file stays only
 * where going on from it makes sense (the transfer was cut off or aborted).
 */
import type { Digest } from '../formats/digest.ts';
import type { BlobSource } from './registry.ts';

export type LayerInput =
  /** From a registry; what the ingest file already holds is used. */
  | {
      readonly kind: 'download';
      readonly source: BlobSource;
      readonly digest: Digest;
      readonly sizeBytes: number;
      readonly ingestPath: string;
    }
  /** From a file on this machine. */
  | { readonly kind: 'file'; readonly path: string };

export interface UnpackedLayer {
  /** Of the blob, as it came. */
  readonly digest: Digest;
  readonly blobBytes: number;
  /** Of the uncompressed archive. */
  readonly diffId: Digest;
  /** Sum of the file sizes. */
  readonly sizeBytes: number;
}

export interface UnpackProgress {
  /** Others come first: told once, if at all, before anything else. */
  readonly isWaiting?: boolean;
  readonly fetchedBytes: number;
  /** Blob bytes that went through to the directory. */
  readonly unpackedBytes: number;
}

export interface UnpackOptions {
  readonly directory: string;
  /** About ten times a second. */
  readonly onProgress?: (progress: UnpackProgress) => void;
  readonly signal: AbortSignal;
}

export interface Unpacker {
  /**
   * Throws `invalid-argument` for a layer that is no tar or is hostile, `unauthorized` when the
   * source's authorization has run out (try again with a new one), `internal` when digests differ.
   */
  unpack(input: LayerInput, options: UnpackOptions): Promise<UnpackedLayer>;

  /** Resolves once everything written to the file system of `path` so far is on disk. */
  syncDisk(path: string): Promise<void>;
}

/** Thrown when bytes left by an earlier attempt turn out wrong: they are gone, try once more. */
export const STALE_INGEST = 'partial download was damaged';
