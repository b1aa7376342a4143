/**
 * Where the frames of a zstd stream begin and end. A stream may hold any number of them, as those of
 * `zstd:chunked` layers do, and skippable ones with data of other tools in between; Node's decoder
 * stops after the first. Only lengths are read here, nothing is decoded. Pure.
 * Source: RFC 8878, section 3.1 (frames), 3.1.1.1 (frame header), 3.1.1.2 (blocks), 3.1.2 (skippable).
 */
import { EngineError } from '../contract/errors.ts';

const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;

/** Bytes of one frame, in order. */
export interface FramePiece {
  readonly bytes: Buffer;
  /** The frame ends with them. */
  readonly endsFrame: boolean;
}

/** True for the first four bytes of a zstd stream. */
export function isZstd(head: Buffer): boolean {
  if (head.length < 4) return false;
  const magic = head.readUInt32LE(0);
  return magic === MAGIC || isSkippable(magic);
}

type Part = 'magic' | 'skippable-size' | 'descriptor' | 'block-header' | 'bytes';

export class ZstdFrameSplitter {
  private part: Part = 'magic';
  /** The small field being read, which may come in pieces. */
  private field: number[] = [];
  private fieldBytes = 4;
  /** Bytes to pass by, then what follows them. */
  private remaining = 0;
  private next: Part | 'frame-end' = 'magic';
  private isSkipping = false;
  /** The beginning of a frame's first field, cut by the end of a chunk. */
  private held: Buffer = Buffer.alloc(0);
  private hasChecksum = false;

  /** True when the stream may end here. */
  get isBetweenFrames(): boolean {
    return this.part === 'magic' && this.field.length === 0;
  }

  /**
   * The pieces of frames in the chunk, skippable frames left out. Throws `invalid-argument` for what
   * is no frame. The fields' own bytes are part of the pieces.
   */
  *split(chunk: Buffer): Generator<FramePiece> {
    let begin = 0;
    let at = 0;
    while (at < chunk.length) {
      at = this.advance(chunk, at);
      if (!this.isBetweenFrames) continue;
      if (!this.isSkipping) yield { bytes: this.take(chunk.subarray(begin, at)), endsFrame: true };
      this.isSkipping = false;
      begin = at;
    }
    if (begin === chunk.length || this.isSkipping) return;
    const rest = this.take(chunk.subarray(begin));
    // What kind of frame it is, is not known yet.
    if (this.part === 'magic') this.held = Buffer.from(rest);
    else yield { bytes: rest, endsFrame: false };
  }

  /** With what was held back before. */
  private take(bytes: Buffer): Buffer {
    if (this.held.length === 0) return bytes;
    const whole = Buffer.concat([this.held, bytes]);
    this.held = Buffer.alloc(0);
    return whole;
  }

  /** Reads on from `at` to the end of a field or of the bytes to pass by; returns how far it came. */
  private advance(chunk: Buffer, at: number): number {
    if (this.part === 'bytes') {
      const length = Math.min(this.remaining, chunk.length - at);
      this.remaining -= length;
      if (this.remaining === 0) this.follow();
      return at + length;
    }
    this.field.push(chunk[at] as number);
    if (this.field.length === this.fieldBytes) this.takeField();
    return at + 1;
  }

  private takeField(): void {
    const value = this.field.reduce((sum, byte, index) => sum + byte * 2 ** (8 * index), 0);
    this.field = [];
    if (this.part === 'magic') this.takeMagic(value);
    else if (this.part === 'skippable-size') this.pass(value, 'frame-end');
    else if (this.part === 'descriptor') this.takeDescriptor(value);
    else this.takeBlockHeader(value);
  }

  private takeMagic(magic: number): void {
    this.isSkipping = isSkippable(magic);
    if (this.isSkipping) this.held = Buffer.alloc(0);
    if (this.isSkipping) this.expect('skippable-size');
    else if (magic === MAGIC) this.expect('descriptor');
    else throw invalid('not a zstd frame');
  }

  private takeDescriptor(descriptor: number): void {
    const isSingleSegment = (descriptor & 0x20) !== 0;
    this.hasChecksum = (descriptor & 0x04) !== 0;
    const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] as number;
    const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] as number;
    this.pass((isSingleSegment ? 0 : 1) + dictionaryBytes + sizeBytes, 'block-header');
  }

  private takeBlockHeader(header: number): void {
    const isLast = (header & 1) === 1;
    const type = (header >> 1) & 3;
    if (type === 3) throw invalid('a zstd block of a reserved type');
    const size = type === RUN ? 1 : header >> 3;
    if (!isLast) this.pass(size, 'block-header');
    else this.pass(size + (this.hasChecksum ? 4 : 0), 'frame-end');
  }

  private pass(bytes: number, next: Part | 'frame-end'): void {
    this.part = 'bytes';
    this.remaining = bytes;
    this.next = next;
    if (bytes === 0) this.follow();
  }

  private follow(): void {
    this.expect(this.next === 'frame-end' ? 'magic' : this.next);
  }

  private expect(part: Part): void {
    this.part = part;
    this.fieldBytes = { magic: 4, 'skippable-size': 4, descriptor: 1, 'block-header': 3, bytes: 0 }[
      part
    ];
  }
}

/** A block that is one byte, repeated. */
const RUN = 1;

function isSkippable(magic: number): boolean {
  return magic >= SKIPPABLE_MAGIC && magic < SKIPPABLE_MAGIC + 16;
}

function invalid(reason: string): EngineError {
  return new EngineError('invalid-argument', `layer cannot be decompressed: ${reason}`);
}
