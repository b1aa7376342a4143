/**
 * One layer, one pass: input → SHA-256 of the blob → decompress → SHA-256 of the archive → files.
 * Runs in a Worker. See `drivers/unpacker.ts` for what it guarantees.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import { EngineError } from '../../contract/errors.ts';
import type { Digest } from '../../formats/digest.ts';
import { TarReader } from '../../formats/tar-reader.ts';
import { downloadBlob } from '../registry/blob-download.ts';
import { isTransient } from '../registry/transport.ts';
import { RegistryError } from '../registry.ts';
import {
  STALE_INGEST,
  type LayerInput,
  type UnpackedLayer,
  type UnpackProgress,
} from '../unpacker.ts';
import { decompressAny, type Decompression } from './decompression.ts';
import { EXPANSION, ExpansionLimit, type Expansion } from './expansion-limit.ts';
import { LayerExtractor } from './layer-extractor.ts';
import { outsideDecoder } from './outside-decoder.ts';

const READ_BYTES = 256 << 10;
const PROGRESS_INTERVAL_MS = 100;

/** What a layer may make of this machine. The free disk is watched besides (see LayerExtractor). */
export interface UnpackLimits extends Expansion {
  /** Members of its archive: each costs an inode, each folder some memory until the end. */
  readonly members: number;
}

const LIMITS: UnpackLimits = { ...EXPANSION, members: 5_000_000 };

const syncFile = promisify(fsync);

export interface PipelineOptions {
  readonly directory: string;
  readonly onProgress: (progress: UnpackProgress) => void;
  readonly signal: AbortSignal;
  readonly limits?: UnpackLimits;
}

/** Runs the pipeline to its end. */
export async function unpackLayer(
  input: LayerInput,
  options: PipelineOptions,
): Promise<UnpackedLayer> {
  return input.kind === 'file'
    ? await unpackFile(input.path, options)
    : await unpackDownload(input, options);
}

async function unpackFile(path: string, options: PipelineOptions): Promise<UnpackedLayer> {
  const layer = new LayerStream(options);
  const fd = openSync(path, 'r');
  try {
    for (const chunk of chunksOf(fd)) {
      options.signal.throwIfAborted();
      await layer.write(chunk);
    }
    return await layer.finish();
  } finally {
    layer.abort();
    closeSync(fd);
  }
}

type DownloadInput = Extract<LayerInput, { kind: 'download' }>;

async function unpackDownload(
  input: DownloadInput,
  options: PipelineOptions,
): Promise<UnpackedLayer> {
  const fd = openSync(input.ingestPath, constants.O_RDWR | constants.O_CREAT, 0o600);
  const heldBytes = heldBytesOf(fd, input.sizeBytes);
  try {
    return await runDownload(input, options, fd, heldBytes);
  } catch (error) {
    if (isWorthKeeping(error, options.signal)) throw error;
    rmSync(input.ingestPath, { force: true });
    if (heldBytes > 0 && !(error instanceof RegistryError))
      throw new EngineError('unavailable', STALE_INGEST, { cause: error });
    throw error;
  } finally {
    closeSync(fd);
  }
}

async function runDownload(
  input: DownloadInput,
  options: PipelineOptions,
  fd: number,
  heldBytes: number,
): Promise<UnpackedLayer> {
  const layer = new LayerStream(options);
  try {
    for (const chunk of chunksOf(fd)) {
      options.signal.throwIfAborted();
      await layer.write(chunk);
    }
    const { source, sizeBytes } = input;
    for await (const chunk of downloadBlob({
      source,
      sizeBytes,
      offset: heldBytes,
      signal: options.signal,
    })) {
      writeAll(fd, chunk);
      await layer.write(chunk);
    }
    // The disk works on the blob while the last pieces are unpacked.
    const [unpacked] = await Promise.all([layer.finish(), syncFile(fd)]);
    if (unpacked.digest !== input.digest) throw wrongDigest(input.digest);
    return unpacked;
  } finally {
    layer.abort();
  }
}

function heldBytesOf(fd: number, sizeBytes: number): number {
  const held = fstatSync(fd).size;
  if (held <= sizeBytes) return held;
  ftruncateSync(fd, 0);
  return 0;
}

/** A cut transfer is gone on with; anything else says that the bytes themselves are no good. */
function isWorthKeeping(error: unknown, signal: AbortSignal): boolean {
  if (signal.aborted || isTransient(error)) return true;
  return error instanceof RegistryError && error.code === 'unauthorized';
}

function wrongDigest(digest: Digest): EngineError {
  return new EngineError('internal', `filesystem layer verification failed for digest ${digest}`);
}

/** A layer's bytes on their way into the directory. */
class LayerStream {
  private readonly options: PipelineOptions;
  private readonly limit: ExpansionLimit;
  private readonly extractor: LayerExtractor;
  private readonly reader: TarReader;
  private readonly blobHash = createHash('sha256');
  private readonly diffHash = createHash('sha256');
  private readonly decompression: Decompression;
  private blobBytes = 0;
  private reportedAtMs = 0;

  constructor(options: PipelineOptions) {
    this.options = options;
    const limits = options.limits ?? LIMITS;
    this.limit = new ExpansionLimit('layer', limits);
    this.extractor = new LayerExtractor(options.directory, limits.members);
    this.reader = new TarReader(this.extractor);
    this.decompression = decompressAny((piece) => this.take(piece), outsideDecoder);
  }

  async write(chunk: Buffer): Promise<void> {
    this.blobHash.update(chunk);
    this.blobBytes += chunk.length;
    this.limit.packed(chunk.length);
    await this.decompression.write(chunk);
    this.report();
  }

  private take(piece: Buffer): void {
    this.limit.unpacked(piece.length);
    this.diffHash.update(piece);
    this.reader.write(piece);
  }

  async finish(): Promise<UnpackedLayer> {
    await this.decompression.end();
    this.reader.end();
    this.extractor.finish();
    this.options.onProgress({ fetchedBytes: this.blobBytes, unpackedBytes: this.blobBytes });
    return {
      digest: `sha256:${this.blobHash.digest('hex')}`,
      blobBytes: this.blobBytes,
      diffId: `sha256:${this.diffHash.digest('hex')}`,
      sizeBytes: this.extractor.sizeBytes,
    };
  }

  /** Stops and closes whatever is open; harmless after `finish`. */
  abort(): void {
    this.decompression.abort();
    this.extractor.abort();
  }

  private report(): void {
    const now = performance.now();
    if (now - this.reportedAtMs < PROGRESS_INTERVAL_MS) return;
    this.reportedAtMs = now;
    this.options.onProgress({ fetchedBytes: this.blobBytes, unpackedBytes: this.blobBytes });
  }
}

function* chunksOf(fd: number): Generator<Buffer> {
  for (;;) {
    // A new buffer each time: the decompressor keeps a reference to the last one.
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    const length = readSync(fd, buffer, 0, READ_BYTES, null);
    if (length === 0) return;
    yield length === READ_BYTES ? buffer : buffer.subarray(0, length);
  }
}

function writeAll(fd: number, chunk: Buffer): void {
  let at = 0;
  while (at < chunk.length) at += writeSync(fd, chunk, at, chunk.length - at, null);
}
