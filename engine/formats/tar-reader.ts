/**
 * Reads a tar stream in whatever pieces it comes and hands its members to a sink, one after another,
 * without copying file data. Memory is bounded by the largest metadata a member may carry (1 MiB),
 * not by any size the archive states. Pure: no I/O, no clock.
 *
 * Throws `invalid-argument` (`invalid tar: …`) from `write` or `end` for a stream that is none.
 */
import { EngineError } from '../contract/errors.ts';
import {
  BLOCK_BYTES,
  paddingOf,
  TYPE_FLAG,
  type SparseSegment,
  type TarEntry,
  type TarEntryType,
} from './tar-entry.ts';
import {
  readGnuSparseExtension,
  readHeader,
  type GnuSparseHeader,
  type RawHeader,
} from './tar-header.ts';
import { PaxOverrides } from './tar-overrides.ts';
import { checkSegments, SparseMapReader } from './tar-sparse.ts';

export interface TarSink {
  /** A member begins. */
  begin(entry: TarEntry): void;
  /** Data of the present file at `offset`; valid only during the call. In order, holes left out. */
  data(bytes: Buffer, offset: number): void;
  /** The present member is whole. */
  end(): void;
}

/** Limit on one member's long name or PAX header, in bytes. Source: Go archive/tar uses the same. */
const METADATA_BYTES_MAX = 1 << 20;

const TYPES: Readonly<Record<string, TarEntryType>> = {
  [TYPE_FLAG.file]: 'file',
  [TYPE_FLAG.oldFile]: 'file',
  [TYPE_FLAG.contiguousFile]: 'file',
  [TYPE_FLAG.gnuSparse]: 'file',
  [TYPE_FLAG.hardLink]: 'hard-link',
  [TYPE_FLAG.symbolicLink]: 'symbolic-link',
  [TYPE_FLAG.characterDevice]: 'character-device',
  [TYPE_FLAG.blockDevice]: 'block-device',
  [TYPE_FLAG.directory]: 'directory',
  [TYPE_FLAG.fifo]: 'fifo',
};

/** What the bytes at hand are. */
type Part = 'header' | 'sparse-extension' | 'sparse-map' | 'data' | 'metadata' | 'skip';

export class TarReader {
  private readonly sink: TarSink;
  private part: Part = 'header';
  private isAtEnd = false;
  /** Bytes of the present part still to come, for parts that are not whole blocks. */
  private remaining = 0;
  private padding = 0;
  private readonly block = Buffer.alloc(BLOCK_BYTES);
  private blockLength = 0;

  private overrides = new PaxOverrides();
  private metadata: Buffer[] = [];
  private metadataFlag = '';

  private entry: TarEntry | undefined;
  private sparseMap: SparseMapReader | undefined;
  private segments: SparseSegment[] | undefined;
  private segmentIndex = 0;
  private segmentUsed = 0;
  private position = 0;

  constructor(sink: TarSink) {
    this.sink = sink;
  }

  write(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.isAtEnd) {
      if (this.part === 'data' || this.part === 'metadata' || this.part === 'skip') {
        const length = Math.min(this.remaining, chunk.length - at);
        this.takeBytes(chunk.subarray(at, at + length));
        at += length;
      } else if (this.blockLength === 0 && chunk.length - at >= BLOCK_BYTES) {
        this.takeBlock(chunk, at);
        at += BLOCK_BYTES;
      } else {
        const length = Math.min(BLOCK_BYTES - this.blockLength, chunk.length - at);
        chunk.copy(this.block, this.blockLength, at, at + length);
        this.blockLength += length;
        at += length;
        if (this.blockLength === BLOCK_BYTES) {
          this.blockLength = 0;
          this.takeBlock(this.block, 0);
        }
      }
    }
  }

  /** States that the stream is over; throws when it ends in the middle of a member. */
  end(): void {
    if (this.isAtEnd) return;
    if (this.part !== 'header' || this.blockLength !== 0 || !this.overrides.isEmpty)
      throw invalid('ends in the middle of a member');
  }

  private takeBlock(buffer: Buffer, at: number): void {
    if (this.part === 'header') this.takeHeader(buffer, at);
    else if (this.part === 'sparse-extension') this.takeSparseExtension(buffer, at);
    else this.takeSparseMap(buffer.subarray(at, at + BLOCK_BYTES));
  }

  private takeHeader(buffer: Buffer, at: number): void {
    const raw = readHeader(buffer, at);
    if (raw === undefined) {
      // Two blocks of zeros end an archive; one is as much as some writers leave.
      this.isAtEnd = true;
      return;
    }
    const flag = raw.typeFlag;
    if (
      flag === TYPE_FLAG.paxEntry ||
      flag === TYPE_FLAG.gnuLongName ||
      flag === TYPE_FLAG.gnuLongLink
    )
      this.beginMetadata(raw);
    else if (TYPES[flag] === undefined) this.beginSkip(raw.sizeBytes);
    else this.beginMember(raw);
  }

  private beginMetadata(raw: RawHeader): void {
    if (raw.sizeBytes > METADATA_BYTES_MAX) throw invalid('metadata of a member is too large');
    this.metadata = [];
    this.metadataFlag = raw.typeFlag;
    this.beginPart('metadata', raw.sizeBytes, paddingOf(raw.sizeBytes));
  }

  /** Global PAX headers, volume labels and types of other systems: read past, as Docker does. */
  private beginSkip(sizeBytes: number): void {
    if (sizeBytes === 0) return;
    this.beginPart('skip', sizeBytes + paddingOf(sizeBytes), 0);
  }

  private beginMember(raw: RawHeader): void {
    const isOldDirectory =
      raw.typeFlag === TYPE_FLAG.oldFile && this.overrides.nameOf(raw).endsWith('/');
    const type = isOldDirectory ? 'directory' : (TYPES[raw.typeFlag] as TarEntryType);
    // Links, devices and directories carry no data, whatever size they state.
    const size = type === 'file' ? (this.overrides.sizeBytes ?? raw.sizeBytes) : 0;
    this.segments = undefined;
    this.remaining = size;
    this.padding = paddingOf(size);
    this.entry = this.overrides.applyTo(raw, type, size);
    if (raw.gnuSparse !== undefined && type === 'file') this.beginGnuSparse(raw.gnuSparse);
    else if (type === 'file' && this.overrides.hasMapInData) {
      this.sparseMap = new SparseMapReader();
      this.part = 'sparse-map';
    } else {
      const map = type === 'file' ? this.overrides.sparseSegments() : undefined;
      this.startData(map);
    }
  }

  private beginGnuSparse(sparse: GnuSparseHeader): void {
    this.segments = [...sparse.segments];
    this.entry = {
      ...(this.entry as TarEntry),
      sizeBytes: sparse.realSizeBytes,
      isSparse: true,
    };
    if (sparse.isExtended) this.part = 'sparse-extension';
    else this.startData(this.segments);
  }

  private takeSparseExtension(buffer: Buffer, at: number): void {
    const extension = readGnuSparseExtension(buffer, at);
    this.segments?.push(...extension.segments);
    if ((this.segments?.length ?? 0) > METADATA_BYTES_MAX) throw invalid('sparse map is too large');
    if (!extension.isExtended) this.startData(this.segments);
  }

  private takeSparseMap(block: Buffer): void {
    if (this.remaining < BLOCK_BYTES) throw invalid('malformed sparse map');
    this.remaining -= BLOCK_BYTES;
    const segments = this.sparseMap?.addBlock(block);
    if (segments !== undefined) this.startData(segments);
  }

  private startData(segments: SparseSegment[] | undefined): void {
    const entry = this.entry as TarEntry;
    if (segments !== undefined) checkSegments(segments, entry.sizeBytes, this.remaining);
    this.segments = segments;
    this.segmentIndex = 0;
    this.segmentUsed = 0;
    this.position = 0;
    this.overrides = new PaxOverrides();
    this.sink.begin(entry);
    this.beginPart('data', this.remaining, this.padding);
  }

  private beginPart(part: Part, length: number, padding: number): void {
    this.part = part;
    this.remaining = length;
    this.padding = padding;
    if (length === 0) this.finishPart();
  }

  private takeBytes(bytes: Buffer): void {
    this.remaining -= bytes.length;
    if (this.part === 'metadata') this.metadata.push(Buffer.from(bytes));
    else if (this.part === 'data') this.deliver(bytes);
    if (this.remaining === 0) this.finishPart();
  }

  private deliver(bytes: Buffer): void {
    if (this.segments === undefined) {
      this.sink.data(bytes, this.position);
      this.position += bytes.length;
      return;
    }
    let at = 0;
    while (at < bytes.length) {
      const segment = this.segments[this.segmentIndex] as SparseSegment;
      const length = Math.min(segment.length - this.segmentUsed, bytes.length - at);
      if (length > 0)
        this.sink.data(bytes.subarray(at, at + length), segment.offset + this.segmentUsed);
      at += length;
      this.segmentUsed += length;
      if (this.segmentUsed === segment.length) {
        this.segmentIndex++;
        this.segmentUsed = 0;
      }
    }
  }

  private finishPart(): void {
    if (this.part === 'data') {
      this.sink.end();
      this.entry = undefined;
    } else if (this.part === 'metadata') {
      this.overrides.add(this.metadataFlag, Buffer.concat(this.metadata));
      this.metadata = [];
    }
    const padding = this.padding;
    this.padding = 0;
    this.part = padding === 0 ? 'header' : 'skip';
    this.remaining = padding;
  }
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-argument', `invalid tar: ${message}`);
}
