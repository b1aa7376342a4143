/**
 * A log opened for reading, over its rotated files. Reads are asynchronous and large, so that a big
 * log neither blocks the engine nor costs more memory than a slice at a time.
 */
import { closeSync, fstatSync, read as readFile } from 'node:fs';
import { promisify } from 'node:util';
import { MAX_ENTRY_BYTES, wholeEntriesLength } from '../../formats/log-lines.ts';
import type { LogBounds, LogFollowOptions, LogSlice, StoredLog } from '../logs.ts';
import { inodeAt, openLogFiles, type LogFile } from './log-files.ts';
import { LogWatch } from './log-watch.ts';

const readFrom = promisify(readFile);

/** Bytes read at a time: fits the processor's cache, and formatting it takes a fraction of a millisecond. */
const SLICE_BYTES = 256 << 10;

export class FileLog implements StoredLog {
  private readonly path: string;
  private files: LogFile[];
  /** Reused for every slice: a gigabyte read is no gigabyte of garbage. */
  private memory: Buffer = Buffer.alloc(0);

  constructor(path: string) {
    this.path = path;
    this.files = openLogFiles(path);
  }

  [Symbol.dispose](): void {
    for (const file of this.files) closeSync(file.fd);
    this.files = [];
  }

  bounds(): LogBounds {
    const newest = this.files.at(-1);
    return {
      start: this.files[0]?.base ?? 0,
      end: newest === undefined ? 0 : newest.base + fstatSync(newest.fd).size,
    };
  }

  firstWrittenSince(timeMs: number): number {
    const file =
      this.files.find((candidate) => candidate.modifiedMs >= timeMs) ?? this.files.at(-1);
    return file?.base ?? 0;
  }

  async *read(from: number, to: number = Infinity): AsyncGenerator<LogSlice> {
    for (let index = this.fileIndexAt(from); index < this.files.length; index++) {
      const file = this.files[index];
      if (file === undefined || file.base >= to) return;
      yield* this.readEntries(file, Math.max(0, from - file.base), to - file.base);
    }
  }

  async *readBackwards(before: number, blockBytes: number = SLICE_BYTES): AsyncGenerator<LogSlice> {
    for (const file of this.files.toReversed()) {
      if (file.base >= before) continue;
      const bytes = fstatSync(file.fd).size;
      yield* this.readBlocksBack(file, Math.min(bytes, before - file.base), blockBytes);
    }
  }

  async *follow(from: number, options: LogFollowOptions): AsyncGenerator<LogSlice> {
    using watch = new LogWatch(this.path, options.signal);
    let hasEnded = false;
    const noteEnd = async () => {
      await options.ended;
      hasEnded = true;
      watch.wake();
    };
    void noteEnd();
    let at = from;
    while (!options.signal.aborted) {
      // Both are noted before reading to the end: whatever was written before them is then read.
      const isLastLook = hasEnded;
      const hasSuccessor = this.openSuccessors();
      for await (const slice of this.read(at)) {
        yield slice;
        at = slice.cursor + slice.bytes.length;
        if (options.signal.aborted) return;
      }
      if (hasSuccessor) {
        this.closeBefore(at);
        continue;
      }
      if (isLastLook) return;
      await watch.changed();
    }
  }

  /** Lets go of files read to their end, so that a long follower does not keep deleted ones on disk. */
  private closeBefore(cursor: number): void {
    const first = this.fileIndexAt(cursor);
    for (const file of this.files.splice(0, first)) closeSync(file.fd);
  }

  private fileIndexAt(cursor: number): number {
    const index = this.files.findLastIndex((file) => file.base <= cursor);
    return Math.max(0, index);
  }

  /** Opens files that appeared after the newest known one. True when there are some. */
  private openSuccessors(): boolean {
    const newest = this.files.at(-1);
    if (newest !== undefined && inodeAt(this.path) === newest.inode) return false;
    const present = openLogFiles(this.path);
    const known = new Set(this.files.map((file) => file.inode));
    const lastKnown = present.findLastIndex((file) => known.has(file.inode));
    const successors = present.slice(lastKnown + 1);
    for (const file of present.slice(0, lastKnown + 1)) closeSync(file.fd);
    this.files.push(...successors);
    return successors.length > 0;
  }

  /** Slices of one file in [position, limit), each of whole entries. */
  private async *readEntries(
    file: LogFile,
    position: number,
    limit: number,
  ): AsyncGenerator<LogSlice> {
    let at = await this.alignToEntry(file, position);
    while (at < limit) {
      const read = await this.readAt(file, at, Math.min(SLICE_BYTES, limit - at));
      const length = wholeEntriesLength(read);
      if (length > 0) yield { bytes: read.subarray(0, length), cursor: file.base + at };
      // Without a newline: the entry is still being written, or (a full buffer) this is no log.
      else if (read.length < SLICE_BYTES) return;
      at += length > 0 ? length : read.length;
    }
  }

  /** The first start of an entry at or after `position`. */
  private async alignToEntry(file: LogFile, position: number): Promise<number> {
    if (position <= 0) return 0;
    const read = await this.readAt(file, position - 1, MAX_ENTRY_BYTES);
    const newlineAt = read.indexOf(0x0a);
    return newlineAt < 0 ? position : position + newlineAt;
  }

  /** Blocks of one file from `end` back to its start, each of whole entries. */
  private async *readBlocksBack(
    file: LogFile,
    end: number,
    blockBytes: number,
  ): AsyncGenerator<LogSlice> {
    let blockEnd = end;
    let size = blockBytes;
    while (blockEnd > 0) {
      const start = Math.max(0, blockEnd - size);
      const read = await this.readAt(file, start, blockEnd - start);
      const last = wholeEntriesLength(read);
      // The block's first entry may have begun before it, unless it begins the file.
      const first = start === 0 ? 0 : read.subarray(0, last).indexOf(0x0a) + 1;
      if (first >= last && start > 0) {
        size *= 2; // not one whole entry: look further back
        continue;
      }
      if (last > first)
        yield { bytes: read.subarray(first, last), cursor: file.base + start + first };
      blockEnd = start + first;
      size = blockBytes;
      if (start === 0) return;
    }
  }

  /** At most `bytes` from there; less at the file's end. The memory is the next read's too. */
  private async readAt(file: LogFile, position: number, bytes: number): Promise<Buffer> {
    if (this.memory.length < bytes) this.memory = Buffer.allocUnsafeSlow(bytes);
    const { bytesRead } = await readFrom(file.fd, this.memory, 0, bytes, position);
    return this.memory.subarray(0, bytesRead);
  }
}
