/**
 * Stored log entries → what `GET /containers/{id}/logs` answers with. The output is byte for byte
 * what the container wrote to the chosen streams (a partial entry is followed by no newline), with a
 * time stamp and details before each line where asked for. Pure.
 *
 * Each entry becomes one frame, as with Docker, since some clients take a frame for a line. Large
 * slices, where only throughput counts, have neighbouring entries of one stream joined in one frame:
 * a client that copies frame by frame would otherwise spend its time in system calls.
 */
import { ENTRY_HEADER_BYTES, isEntry, isPartialEntry, isStderrEntry } from './log-lines.ts';
import { compareEntryTime, moveUtcTime, TIME_BYTES, timeBytes } from './log-times.ts';
import { FRAME_HEADER_BYTES, writeFrameHeader } from './stream-frame.ts';

export interface LogFormat {
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** False for a TTY: bytes as they are. */
  readonly framed: boolean;
  readonly timestamps: boolean;
  /** Put before each line, after the time stamp; it carries its own trailing space. */
  readonly details?: string;
  readonly sinceNs?: bigint | undefined;
  readonly untilNs?: bigint | undefined;
}

/** Slices from here on have their frames joined. */
const JOIN_FROM_BYTES = 65536;
const NEWLINE = 0x0a;
const SPACE = 0x20;
const STAMP_BYTES = TIME_BYTES + 2;

export class LogFramer {
  private readonly format: LogFormat;
  private readonly details: Buffer;
  private readonly since: Buffer | undefined;
  private readonly until: Buffer | undefined;
  private readonly isInLine = { stdout: false, stderr: false };
  private isPastUntil = false;

  constructor(format: LogFormat) {
    this.format = format;
    this.details = Buffer.from(format.details ?? '');
    this.since = format.sinceNs === undefined ? undefined : timeBytes(format.sinceNs);
    this.until = format.untilNs === undefined ? undefined : timeBytes(format.untilNs);
  }

  /** True once an entry newer than `until` was met: nothing more will come. */
  get isDone(): boolean {
    return this.isPastUntil;
  }

  /** Formats a slice of whole entries. The slice is used up: its memory may carry the result. */
  push(slice: Buffer): Buffer {
    // An entry loses 45 bytes of header and gains at most a frame header and a time stamp, 39: what
    // is written never overtakes what is still to be read, so the work can be done in place.
    const spare = ENTRY_HEADER_BYTES - FRAME_HEADER_BYTES - STAMP_BYTES;
    const output =
      this.details.length <= spare
        ? slice
        : Buffer.allocUnsafe(slice.length + countEntries(slice) * this.details.length);
    return output.subarray(0, this.write(slice, output));
  }

  private write(slice: Buffer, output: Buffer): number {
    const { framed, stdout, stderr } = this.format;
    const isJoining = slice.length >= JOIN_FROM_BYTES;
    let written = 0;
    let frameAt = -1;
    let frameIsStderr = false;
    for (let start = 0; start < slice.length;) {
      const newlineAt = slice.indexOf(NEWLINE, start);
      if (newlineAt < 0) break;
      const next = newlineAt + 1;
      if (isEntry(slice, start, newlineAt)) {
        const isStderr = isStderrEntry(slice, start);
        if ((isStderr ? stderr : stdout) && this.isInRange(slice, start)) {
          const isNewFrame = framed && (frameAt < 0 || !isJoining || frameIsStderr !== isStderr);
          const from = isNewFrame ? written + FRAME_HEADER_BYTES : written;
          const end = this.writeEntry(slice, start, newlineAt, output, from);
          if (isNewFrame) {
            frameAt = written;
            frameIsStderr = isStderr;
          }
          if (framed) {
            const stream = isStderr ? 'stderr' : 'stdout';
            writeFrameHeader(output, frameAt, stream, end - frameAt - FRAME_HEADER_BYTES);
          }
          written = end;
        }
        if (this.isPastUntil) break;
      }
      start = next;
    }
    return written;
  }

  /** Writes one entry's stamp, details and text at `target`; returns where it ended. */
  private writeEntry(
    slice: Buffer,
    start: number,
    newlineAt: number,
    output: Buffer,
    target: number,
  ): number {
    const stream = isStderrEntry(slice, start) ? 'stderr' : 'stdout';
    const isPartial = isPartialEntry(slice, start);
    let at = target;
    if (!this.isInLine[stream]) {
      if (this.format.timestamps) {
        moveUtcTime(slice, start, output, at);
        output[at + STAMP_BYTES - 1] = SPACE;
        at += STAMP_BYTES;
      }
      at += this.details.copy(output, at);
    }
    this.isInLine[stream] = isPartial;
    const from = start + ENTRY_HEADER_BYTES;
    const end = isPartial ? newlineAt : newlineAt + 1;
    if (output === slice) output.copyWithin(at, from, end);
    else slice.copy(output, at, from, end);
    return at + end - from;
  }

  private isInRange(slice: Buffer, start: number): boolean {
    if (this.until !== undefined && compareEntryTime(slice, start, this.until) > 0) {
      this.isPastUntil = true;
      return false;
    }
    return this.since === undefined || compareEntryTime(slice, start, this.since) >= 0;
  }
}

function countEntries(slice: Buffer): number {
  let count = 0;
  for (let at = slice.indexOf(NEWLINE); at >= 0; at = slice.indexOf(NEWLINE, at + 1)) count++;
  return count;
}
