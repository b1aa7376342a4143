/**
 * Decompresses a layer whatever it is packed with (gzip, zstd, bzip2, xz, or not at all), told by its
 * first bytes as Docker does. Decompression runs in libuv's pool while the consumer works on the previous
 * piece, so one layer alone keeps two cores busy.
 */
import type { Duplex } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { EngineError } from '../../contract/errors.ts';
import { isZstd, ZstdFrameSplitter } from '../../formats/zstd-frames.ts';
import type { OutsideCompression } from './outside-decoder.ts';

/** Output pieces; 256 KiB is half again as quick as zlib's default of 16. */
const PIECE_BYTES = 256 << 10;
/** Pieces decompressed ahead of the consumer: with three layers at once, under 10 MB. */
const QUEUE_PIECES_MAX = 8;
const INPUT_BYTES_MAX = 512 << 10;
const CODEC_OPTIONS = { chunkSize: PIECE_BYTES, highWaterMark: INPUT_BYTES_MAX };

export type LayerCompression = 'gzip' | 'zstd' | OutsideCompression | 'none';

/** As many bytes tell any compression. */
export const HEAD_BYTES = 6;

/** Tells the compression by magic number. */
export function compressionOf(head: Buffer): LayerCompression {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (isZstd(head)) return 'zstd';
  if (head.toString('latin1', 0, 3) === 'BZh') return 'bzip2';
  if (head.toString('latin1', 0, 6) === '\xfd7zXZ\0') return 'xz';
  return 'none';
}

export interface Decompression {
  /** Resolves when more may be written; rejects with what the consumer or the codec threw. */
  write(chunk: Buffer): Promise<void>;
  /** Resolves once the consumer has had everything; rejects for a stream that is cut short. */
  end(): Promise<void>;
  abort(): void;
}

/** Makes the decoders that Node has not: `outsideDecoder`, where a program may be started. */
export type DecoderSource = (compression: OutsideCompression) => Duplex;

/** Starts a decompression that calls `consume` with pieces in order; pieces are valid for the call. */
export function decompress(
  compression: LayerCompression,
  consume: (piece: Buffer) => void,
  decoderFor: DecoderSource = refuse,
): Decompression {
  if (compression === 'none') return passThrough(consume);
  if (compression === 'zstd') return new ZstdDecompression(consume);
  if (compression === 'gzip') return new CodecDecompression(createGunzip(CODEC_OPTIONS), consume);
  return new CodecDecompression(decoderFor(compression), consume);
}

/** The same for bytes that tell by their first ones what they are packed with. */
export function decompressAny(
  consume: (piece: Buffer) => void,
  decoderFor?: DecoderSource,
): Decompression {
  return new ToldDecompression((head) => decompress(compressionOf(head), consume, decoderFor));
}

function refuse(compression: OutsideCompression): never {
  throw new EngineError(
    'invalid-argument',
    `what is compressed with ${compression} cannot be unpacked here`,
  );
}

class ToldDecompression implements Decompression {
  private readonly begin: (head: Buffer) => Decompression;
  private head: Buffer = Buffer.alloc(0);
  private begun: Decompression | undefined;

  constructor(begin: (head: Buffer) => Decompression) {
    this.begin = begin;
  }

  async write(chunk: Buffer): Promise<void> {
    if (this.begun !== undefined) return await this.begun.write(chunk);
    this.head = this.head.length === 0 ? chunk : Buffer.concat([this.head, chunk]);
    if (this.head.length >= HEAD_BYTES) await this.pass();
  }

  async end(): Promise<void> {
    if (this.begun === undefined && this.head.length > 0) await this.pass();
    await this.begun?.end();
  }

  abort(): void {
    this.begun?.abort();
  }

  private async pass(): Promise<void> {
    this.begun = this.begin(this.head);
    await this.begun.write(this.head);
  }
}

function passThrough(consume: (piece: Buffer) => void): Decompression {
  return {
    write: async (chunk) => consume(chunk),
    end: async () => {},
    abort: () => {},
  };
}

/** One frame after the other, since the decoder ends with the first it is given. */
class ZstdDecompression implements Decompression {
  private readonly consume: (piece: Buffer) => void;
  private readonly splitter = new ZstdFrameSplitter();
  private frame: CodecDecompression | undefined;

  constructor(consume: (piece: Buffer) => void) {
    this.consume = consume;
  }

  async write(chunk: Buffer): Promise<void> {
    for (const { bytes, endsFrame } of this.splitter.split(chunk)) {
      this.frame ??= new CodecDecompression(createZstdDecompress(CODEC_OPTIONS), this.consume);
      await this.frame.write(bytes);
      if (!endsFrame) continue;
      await this.frame.end();
      this.frame = undefined;
    }
  }

  async end(): Promise<void> {
    await this.frame?.end();
    if (!this.splitter.isBetweenFrames) throw corrupt(new Error('unexpected end of file'));
  }

  abort(): void {
    this.frame?.abort();
  }
}

class CodecDecompression implements Decompression {
  private readonly codec: Duplex;
  private readonly consume: (piece: Buffer) => void;
  private readonly queue: Buffer[] = [];
  private isScheduled = false;
  private isEnded = false;
  private failure: Error | undefined;
  private wake: (() => void) | undefined;

  constructor(codec: Duplex, consume: (piece: Buffer) => void) {
    this.codec = codec;
    this.consume = consume;
    codec.on('data', (piece: Buffer) => this.enqueue(piece));
    codec.on('error', (error) => this.fail(corrupt(error)));
    codec.on('drain', () => this.wake?.());
    codec.on('end', () => {
      this.isEnded = true;
      this.schedule();
    });
  }

  async write(chunk: Buffer): Promise<void> {
    if (this.failure) throw this.failure;
    if (this.isEnded || this.codec.write(chunk)) return;
    await this.until(() => !this.codec.writableNeedDrain || this.isEnded);
  }

  async end(): Promise<void> {
    this.codec.end();
    await this.until(() => this.isEnded && this.queue.length === 0);
  }

  abort(): void {
    this.queue.length = 0;
    this.codec.destroy();
  }

  private enqueue(piece: Buffer): void {
    this.queue.push(piece);
    if (this.queue.length >= QUEUE_PIECES_MAX) this.codec.pause();
    this.schedule();
  }

  /** Not within the codec's callback: it hands the next piece to the pool right after it. */
  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.drain();
    });
  }

  private drain(): void {
    const piece = this.queue.shift();
    try {
      if (piece !== undefined && !this.failure) this.consume(piece);
    } catch (error) {
      this.fail(error as Error);
    }
    if (this.queue.length > 0) this.schedule();
    else this.wake?.();
    if (this.queue.length < QUEUE_PIECES_MAX / 2 && this.codec.isPaused()) this.codec.resume();
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.queue.length = 0;
    this.codec.destroy();
    this.wake?.();
  }

  private async until(isReady: () => boolean): Promise<void> {
    while (!this.failure && !isReady())
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    this.wake = undefined;
    if (this.failure) throw this.failure;
  }
}

function corrupt(cause: Error): EngineError {
  return new EngineError('invalid-argument', `layer cannot be decompressed: ${cause.message}`, {
    cause,
  });
}
