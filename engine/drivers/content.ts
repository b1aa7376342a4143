/**
 * Blobs (layers as pulled, manifests, configurations) by digest.
 *
 * Guarantees: a blob that `has` reports is whole, was verified when it came in, and survives a crash
 * of the machine; adding a blob twice changes nothing. A blob on its way in is an *ingest*: a partial
 * file that survives a crash, so that a download continues where it was cut off. A blob found not to
 * hold what its name says is *damaged*: it is set apart, is no blob any more, also after a restart, and
 * the mark goes when a good one takes its place.
 */
import type { Digest } from '../formats/digest.ts';

export interface ContentStore {
  has(digest: Digest): boolean;

  /**
   * As `has`, and looks at the disk: the file is there and has that many bytes. What is gone is
   * forgotten; of another size nothing follows, since the caller may have been told a wrong one.
   */
  holds(digest: Digest, sizeBytes: number): boolean;

  /** Bytes of the blob; throws `not-found`. */
  sizeBytes(digest: Digest): number;

  /** Path of the blob's file, for readers in Workers. It need not exist. */
  pathOf(digest: Digest): string;

  /**
   * The whole blob, verified against its digest. Only for small ones (at most `limitBytes`). Throws
   * `not-found`, and `internal` when the file does not hold what its name says.
   */
  read(digest: Digest, limitBytes: number): Buffer;

  /**
   * The blob in pieces, verified on the way: a damaged one throws `internal` in place of its last
   * piece, so that no whole copy of it gets out. Throws `not-found`.
   */
  stream(digest: Digest): AsyncIterable<Buffer>;

  /** Sets a blob apart that does not hold what its name says. Absent is no error. */
  markDamaged(digest: Digest): void;

  /** Every blob that was found damaged and has not been replaced. */
  listDamaged(): Digest[];

  /** Adds bytes that are in memory and returns their digest, once they are durable. */
  add(bytes: Uint8Array): Promise<Digest>;

  /** The partial blob of this digest, new or left by an earlier attempt. One writer at a time. */
  ingest(digest: Digest): Ingest;

  /** A partial blob whose digest is not known yet; it does not survive a restart. */
  ingestUnknown(): Ingest;

  /**
   * Takes a tar archive apart (plain, gzip or zstd): each file in it becomes an ingest of unknown
   * digest, whose `commit` waits until it is fsynced. `onFile` is told of each as it is whole. Throws
   * `invalid-argument` for what is no archive.
   */
  ingestArchive(
    bytes: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
    onFile: (file: ReceivedFile) => void,
  ): Promise<ReceivedArchive>;

  /** Removes a blob, damaged or not. Absent is no error. The caller knows nobody refers to it. */
  remove(digest: Digest): void;

  /**
   * Makes a blob nobody refers to an ingest again: whoever wants it next has it without a download,
   * and `sweepIngests` removes it in time. Absent is no error.
   */
  setAside(digest: Digest): void;

  /** Every blob. */
  list(): Digest[];

  /** Every ingest, and the bytes it has so far. */
  listIngests(): { what: string; bytes: number }[];

  /** Removes ingests last written before `olderThanMs` (epoch) and those of unknown digest. */
  sweepIngests(olderThanMs: number): void;
}

export interface Ingest {
  /** Where the bytes go; the file may hold the beginning of the blob already. */
  readonly path: string;
  /** Writes a whole stream to the file, fsynced. */
  write(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>;
  /**
   * Makes the file the blob `digest`, durably. The caller has verified and fsynced its bytes.
   * A blob that is there already wins quietly.
   */
  commit(digest: Digest): Promise<void>;
  /** Removes the partial file. Absent is no error. */
  discard(): void;
}

export interface ReceivedFile {
  /** Within the archive. */
  readonly name: string;
  readonly ingest: Ingest;
  /** It begins as an archive does, or as something compressed does. */
  readonly mayBeLayer: boolean;
}

/** The files of an archive; disposing of it removes those that were not committed. */
export interface ReceivedArchive extends Disposable {
  /** The file of that name within the archive, links followed; undefined when there is none. */
  file(name: string): Ingest | undefined;
  /** The whole of a small file; undefined when there is none. Throws beyond `limitBytes`. */
  read(name: string, limitBytes: number): Buffer | undefined;
}
