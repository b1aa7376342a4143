/**
 * The log as conmon stores it, and the lines a reader sees in it. Pure.
 *
 * An *entry* is one line of the file: `2026-11-20T09:00:00.123456789+00:00 stdout F text\n`. The
 * first 45 bytes have a fixed layout; the text is the container's own bytes (never a newline). `F`
 * means a newline followed in the output, `P` that none did. A *line* is a run of neighbouring
 * entries of one stream up to the first `F`, the end of the log, or an entry of the other stream: it
 * covers one unbroken range of bytes, so cutting a log into lines depends on its bytes alone, not on
 * when or from where it is read.
 * Source: conmon 2.1, ctr_logging.c (k8s-file), Kubernetes CRI log format.
 */
import { StringDecoder } from 'node:string_decoder';
import { utcTimeOf } from './log-times.ts';

export type LogStreamName = 'stdout' | 'stderr';

/** Timestamp, stream, flag and the spaces after each. */
export const ENTRY_HEADER_BYTES = 45;

/** Longest entry conmon writes: header, one read of 8192 bytes, newline. */
export const MAX_ENTRY_BYTES = ENTRY_HEADER_BYTES + 8192 + 1;

/** Text of one line kept for a reader; what follows is left out and the line marked `cut`. */
export const MAX_LINE_TEXT_BYTES = 65536;

const NEWLINE = 0x0a;
const SPACE = 0x20;
const LETTER_F = 0x46;
const LETTER_P = 0x50;
const LETTER_E = 0x65;
/** Where `stdout` and `stderr` differ, and where the flag stands. */
const STREAM_AT = 39;
const FLAG_AT = 43;

/** True when the bytes at `start` look like an entry; a torn one (power loss) does not. */
export function isEntry(bytes: Buffer, start: number, newlineAt: number): boolean {
  const flag = bytes[start + FLAG_AT];
  return (
    newlineAt - start >= ENTRY_HEADER_BYTES &&
    (flag === LETTER_F || flag === LETTER_P) &&
    bytes[start + 35] === SPACE &&
    bytes[start + FLAG_AT + 1] === SPACE
  );
}

/** Of an entry: true for stderr. */
export function isStderrEntry(bytes: Buffer, start: number): boolean {
  return bytes[start + STREAM_AT] === LETTER_E;
}

/** Of an entry: true when the output went on without a newline. */
export function isPartialEntry(bytes: Buffer, start: number): boolean {
  return bytes[start + FLAG_AT] === LETTER_P;
}

/** Length of the leading part of `bytes` that is whole entries. */
export function wholeEntriesLength(bytes: Buffer): number {
  return bytes.lastIndexOf(NEWLINE) + 1;
}

/**
 * Walks entries from the last to the first to find where lines start. Feed it blocks from newest to
 * oldest, each ending where the one before it began.
 */
export class LineStartFinder {
  private wanted: number;
  private laterStart = -1;
  private laterIsStderr = false;

  /** `wanted` ≥ 1 line starts are looked for. */
  constructor(wanted: number) {
    this.wanted = wanted;
  }

  /**
   * Looks through a block of whole entries that starts at `cursor`. Returns the cursor of the
   * wanted line start once it is known, else undefined: give it the block before.
   */
  pushBefore(block: Buffer, cursor: number): number | undefined {
    let newlineAt = block.length - 1;
    while (newlineAt >= 0) {
      const start = newlineAt === 0 ? 0 : block.lastIndexOf(NEWLINE, newlineAt - 1) + 1;
      if (isEntry(block, start, newlineAt)) {
        const isStderr = isStderrEntry(block, start);
        const opensLater =
          this.laterStart >= 0 &&
          (!isPartialEntry(block, start) || isStderr !== this.laterIsStderr);
        if (opensLater && --this.wanted === 0) return this.laterStart;
        this.laterStart = cursor + start;
        this.laterIsStderr = isStderr;
      }
      newlineAt = start - 1;
    }
    return undefined;
  }

  /** Cursor of the oldest entry seen, or undefined. */
  get oldestEntry(): number | undefined {
    return this.laterStart < 0 ? undefined : this.laterStart;
  }
}

/**
 * Offset of the first line start in a block that is sure whatever lies before the block; the block's
 * length when it holds none. The very first entry is never sure: it may go on a line.
 */
export function firstSureLineStart(block: Buffer): number {
  let earlierStart = -1;
  let start = 0;
  while (start < block.length) {
    const newlineAt = block.indexOf(NEWLINE, start);
    if (newlineAt < 0) break;
    if (isEntry(block, start, newlineAt)) {
      const opens =
        earlierStart >= 0 &&
        (!isPartialEntry(block, earlierStart) ||
          isStderrEntry(block, earlierStart) !== isStderrEntry(block, start));
      if (opens) return start;
      earlierStart = start;
    }
    start = newlineAt + 1;
  }
  return block.length;
}

/** Whether an entry of the block is partial, so that a line may span several. */
export function hasPartialEntries(block: Buffer): boolean {
  const flagAt = FLAG_AT - 1;
  for (let at = block.indexOf(' P '); at >= 0; at = block.indexOf(' P ', at + 1)) {
    const start = at - flagAt;
    if (start === 0 || (start > 0 && block[start - 1] === NEWLINE)) return true;
  }
  return false;
}

/** A line: its range of bytes in the whole log, and what it says. */
export interface JoinedLine {
  readonly cursor: number;
  /** Cursor after its last entry. */
  readonly end: number;
  readonly stream: LogStreamName;
  /** RFC 3339 in UTC with nanoseconds, of the first entry. */
  readonly time: string;
  readonly text: string;
  readonly isCut: boolean;
}

interface OpenLine {
  cursor: number;
  end: number;
  isStderr: boolean;
  time: string;
  pieces: Buffer[];
  keptBytes: number;
  isCut: boolean;
}

/** Cuts slices of entries, given in order, into lines. Holds at most one unfinished line. */
export class LineJoiner {
  private readonly maxTextBytes: number;
  private open: OpenLine | undefined;

  /** Text beyond `maxTextBytes` is left out and the line marked. */
  constructor(maxTextBytes: number = MAX_LINE_TEXT_BYTES) {
    this.maxTextBytes = maxTextBytes;
  }

  /** Takes whole entries that start at `cursor`; calls `emit` for each line they complete. */
  push(slice: Buffer, cursor: number, emit: (line: JoinedLine) => void): void {
    let start = 0;
    while (start < slice.length) {
      const newlineAt = slice.indexOf(NEWLINE, start);
      if (newlineAt < 0) return;
      if (isEntry(slice, start, newlineAt)) this.take(slice, start, newlineAt, cursor, emit);
      start = newlineAt + 1;
    }
  }

  /** The unfinished line, given up as it is; undefined when there is none. */
  flush(): JoinedLine | undefined {
    const { open } = this;
    this.open = undefined;
    return open && this.finish(open);
  }

  /** Where the unfinished line starts, or undefined. */
  get openCursor(): number | undefined {
    return this.open?.cursor;
  }

  private take(
    slice: Buffer,
    start: number,
    newlineAt: number,
    cursor: number,
    emit: (line: JoinedLine) => void,
  ): void {
    const isStderr = isStderrEntry(slice, start);
    if (this.open !== undefined && this.open.isStderr !== isStderr)
      emit(this.flush() as JoinedLine);
    const isPartial = isPartialEntry(slice, start);
    const textStart = start + ENTRY_HEADER_BYTES;
    const end = cursor + newlineAt + 1;
    if (this.open === undefined && !isPartial && newlineAt - textStart <= this.maxTextBytes) {
      emit({
        cursor: cursor + start,
        end,
        stream: isStderr ? 'stderr' : 'stdout',
        time: utcTimeOf(slice, start),
        text: slice.toString('utf8', textStart, newlineAt),
        isCut: false,
      });
      return;
    }
    this.open ??= {
      cursor: cursor + start,
      end,
      isStderr,
      time: utcTimeOf(slice, start),
      pieces: [],
      keptBytes: 0,
      isCut: false,
    };
    this.append(this.open, slice.subarray(textStart, newlineAt), end);
    if (!isPartial) emit(this.flush() as JoinedLine);
  }

  private append(open: OpenLine, piece: Buffer, end: number): void {
    const kept = piece.subarray(0, this.maxTextBytes - open.keptBytes);
    // A copy: the slice it came from is large and must not be kept alive by a small piece.
    if (kept.length > 0) open.pieces.push(Buffer.from(kept));
    open.keptBytes += kept.length;
    open.isCut ||= kept.length < piece.length;
    open.end = end;
  }

  private finish(open: OpenLine): JoinedLine {
    const bytes = Buffer.concat(open.pieces);
    return {
      cursor: open.cursor,
      end: open.end,
      stream: open.isStderr ? 'stderr' : 'stdout',
      time: open.time,
      // Where a text is cut, a character may be cut in half: the decoder holds such a rest back.
      text: open.isCut ? new StringDecoder('utf8').write(bytes) : bytes.toString('utf8'),
      isCut: open.isCut,
    };
  }
}
