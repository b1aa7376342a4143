/**
 * Container logs as they lie on disk: one file that conmon appends to, and older ones that rotation
 * put beside it (`<path>.1` the newest of them).
 *
 * A *cursor* is a byte's place in everything the container ever logged. It survives rotation and
 * restarts of the engine; bytes that rotation deleted keep their cursors, there is only nothing to
 * read there. What is read comes in *slices*: whole entries (see `formats/log-lines.ts`), in order,
 * each byte once, none left out.
 */

import type { BlockHits, SearchQuery } from '../formats/log-search.ts';

export interface LogSlice {
  /** Whole entries. The memory is the reader's to change until it asks for the next slice. */
  readonly bytes: Buffer;
  /** Cursor of the first byte. */
  readonly cursor: number;
}

export interface LogBounds {
  /** Cursor of the oldest byte kept. */
  readonly start: number;
  /** Cursor after the newest byte written. */
  readonly end: number;
}

export interface LogFollowOptions {
  /** Resolves when nothing more will be written: what is there by then is still delivered. */
  readonly ended: Promise<unknown>;
  /** Ends the following at once, without error. */
  readonly signal: AbortSignal;
}

/**
 * A log opened for one reader, with one iteration at a time. Files are held open, so rotation takes
 * nothing away from it.
 */
export interface StoredLog extends Disposable {
  /** As of now. */
  bounds(): LogBounds;

  /**
   * Slices from `from` (moved to the next start of an entry where it is none) up to `to` or, without
   * it, up to the end as it is when the reader gets there.
   */
  read(from: number, to?: number): AsyncIterable<LogSlice>;

  /** Blocks from newest to oldest that end where the one before began; the first ends at or before `before`. */
  readBackwards(before: number, blockBytes?: number): AsyncIterable<LogSlice>;

  /** `read`, and then what is written later, across rotations, until `ended` or the signal. */
  follow(from: number, options: LogFollowOptions): AsyncIterable<LogSlice>;

  /** Cursor of the first byte kept in a file that was last written at or after this time. */
  firstWrittenSince(timeMs: number): number;
}

export interface LogStore {
  /** Opens the log at `path`; one that was never written is empty, not an error. */
  open(path: string): StoredLog;

  /** Of the log at `path`, without keeping it open. */
  bounds(path: string): LogBounds;

  /** Bytes in the file that is being appended to; undefined when there is none. */
  currentBytes(path: string): number | undefined;

  /**
   * Moves the current file aside, has its writer open a fresh one, and deletes the oldest so that at
   * most `maxFiles` remain. Safe to be cut off anywhere and called again. Nothing logged meanwhile is
   * lost. Throws `unavailable` when the writer does not open a new file; the log is whole even then.
   * Does nothing, and does not wait, while another rotation of the same log is under way.
   */
  rotate(path: string, maxFiles: number, reopen: () => Promise<void>): Promise<void>;

  /** Deletes the log's files. Absent is no error. */
  remove(path: string): void;
}

/** Searches blocks of whole lines. */
export interface BlockSearcher extends Disposable {
  /**
   * Hits newest first, at most `wanted`, and the count of all. Throws
   * `invalid-argument` when the expression takes too long; the searcher is of no more use then.
   */
  search(block: LogSlice, wanted: number): Promise<BlockHits>;
}

export interface BlockSearchers {
  /** Throws `invalid-argument` for a query that is none. */
  open(query: SearchQuery): BlockSearcher;
}
