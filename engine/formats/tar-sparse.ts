/**
 * Maps of sparse files in the three PAX dialects GNU tar writes (0.0, 0.1, 1.0). A map that reads is
 * in order, does not overlap, and lies within the file. Pure.
 * Source: GNU tar manual, "Storing Sparse Files".
 */
import { EngineError } from '../contract/errors.ts';
import { BLOCK_BYTES, type SparseSegment } from './tar-entry.ts';

/** More segments than any real file has; a map is held in memory. */
const SEGMENTS_MAX = 1 << 20;

/** Throws unless the segments are in order, apart, within `realSizeBytes`, and hold `dataBytes`. */
export function checkSegments(
  segments: readonly SparseSegment[],
  realSizeBytes: number,
  dataBytes: number,
): void {
  let end = 0;
  let total = 0;
  for (const { offset, length } of segments) {
    if (offset < end || offset + length > realSizeBytes) throw invalid();
    end = offset + length;
    total += length;
  }
  if (total !== dataBytes) throw invalid();
}

/** `0,10,20,5` (format 0.1, and 0.0 once its records are joined). */
export function parseSparseList(numbers: readonly string[]): SparseSegment[] {
  if (numbers.length % 2 !== 0 || numbers.length > 2 * SEGMENTS_MAX) throw invalid();
  const segments: SparseSegment[] = [];
  for (let index = 0; index < numbers.length; index += 2)
    segments.push({ offset: parse(numbers[index]), length: parse(numbers[index + 1]) });
  return segments;
}

/**
 * Reads the map of format 1.0, which stands before the data: decimal numbers, one a line, the first
 * their count of pairs, filled up to a whole block. Feed blocks until `segments` is there.
 */
export class SparseMapReader {
  private text = '';
  private count: number | undefined;
  private readonly numbers: string[] = [];

  /** Takes one block; returns the segments once the map is whole. */
  addBlock(block: Buffer): SparseSegment[] | undefined {
    this.text += block.toString('latin1', 0, BLOCK_BYTES);
    const lines = this.text.split('\n');
    this.text = lines.pop() ?? '';
    for (const line of lines) {
      if (this.isWhole()) break;
      if (this.count === undefined) this.count = this.parseCount(line);
      else this.numbers.push(line);
    }
    if (this.text.length > BLOCK_BYTES) throw invalid();
    return this.isWhole() ? parseSparseList(this.numbers) : undefined;
  }

  private isWhole(): boolean {
    return this.count !== undefined && this.numbers.length === 2 * this.count;
  }

  private parseCount(line: string): number {
    const count = parse(line);
    if (count > SEGMENTS_MAX) throw invalid();
    return count;
  }
}

function parse(digits: string | undefined): number {
  if (digits === undefined || !/^[0-9]{1,15}$/.test(digits)) throw invalid();
  return Number(digits);
}

function invalid(): EngineError {
  return new EngineError('invalid-argument', 'invalid tar: malformed sparse map');
}
