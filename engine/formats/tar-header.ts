/**
 * The 512-byte tar header, read and written. Reading accepts every dialect in use (v7, ustar, GNU,
 * star's base-256 numbers) and refuses a wrong checksum or a number that cannot be meant. Pure.
 * Source: POSIX pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format".
 */
import { EngineError } from '../contract/errors.ts';
import { BLOCK_BYTES, type SparseSegment } from './tar-entry.ts';

/** The header as it stands, before PAX records and GNU long names change it. */
export interface RawHeader {
  readonly name: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  readonly mtimeSeconds: number;
  readonly typeFlag: string;
  readonly linkName: string;
  readonly deviceMajor: number;
  readonly deviceMinor: number;
  readonly gnuSparse?: GnuSparseHeader;
}

export interface GnuSparseHeader {
  readonly segments: readonly SparseSegment[];
  readonly realSizeBytes: number;
  /** More segments follow in an extension block. */
  readonly isExtended: boolean;
}

const FIELD = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  typeFlag: 156,
  linkName: [157, 100],
  magic: [257, 6],
  version: [263, 2],
  ownerName: [265, 32],
  groupName: [297, 32],
  deviceMajor: [329, 8],
  deviceMinor: [337, 8],
  prefix: [345, 155],
} as const;

const POSIX_MAGIC = 'ustar\0';
const GNU_SPARSE_SEGMENTS = 386;
const GNU_SPARSE_EXTENDED = 482;
const GNU_SPARSE_REAL_SIZE = 483;
const SEGMENT_BYTES = 24;

/** True for the header of a POSIX or GNU archive; those before have no mark. */
export function hasTarMagic(block: Buffer, at = 0): boolean {
  return block.toString('latin1', at + 257, at + 262) === 'ustar';
}

/**
 * Reads the header at `at`; undefined for a block of zeros (the end of the archive). Throws
 * `invalid-argument` for a wrong checksum or a malformed number.
 */
export function readHeader(block: Buffer, at = 0): RawHeader | undefined {
  if (!hasChecksum(block, at)) {
    if (isZeroBlock(block, at)) return undefined;
    throw invalid('header checksum does not match');
  }
  const typeFlag = String.fromCharCode(block[at + FIELD.typeFlag] as number);
  const isPosix = readText(block, at, FIELD.magic, true) === POSIX_MAGIC;
  const prefix = isPosix ? readText(block, at, FIELD.prefix) : '';
  const name = readText(block, at, FIELD.name);
  const hasMagic = hasTarMagic(block, at);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    mode: readNumber(block, at, FIELD.mode) & 0o7777,
    uid: readId(block, at, FIELD.uid),
    gid: readId(block, at, FIELD.gid),
    sizeBytes: readSize(block, at, FIELD.size),
    mtimeSeconds: readNumber(block, at, FIELD.mtime),
    typeFlag,
    linkName: readText(block, at, FIELD.linkName),
    deviceMajor: hasMagic ? readNumber(block, at, FIELD.deviceMajor) : 0,
    deviceMinor: hasMagic ? readNumber(block, at, FIELD.deviceMinor) : 0,
    ...(typeFlag === 'S' && { gnuSparse: readGnuSparse(block, at) }),
  };
}

/** An extension block of GNU's old sparse format: 21 more segments. */
export function readGnuSparseExtension(
  block: Buffer,
  at: number,
): Pick<GnuSparseHeader, 'segments' | 'isExtended'> {
  return { segments: readSegments(block, at, 21), isExtended: block[at + 504] !== 0 };
}

function readGnuSparse(block: Buffer, at: number): GnuSparseHeader {
  return {
    segments: readSegments(block, at + GNU_SPARSE_SEGMENTS, 4),
    realSizeBytes: readSize(block, at, [GNU_SPARSE_REAL_SIZE, 12]),
    isExtended: block[at + GNU_SPARSE_EXTENDED] !== 0,
  };
}

function readSegments(block: Buffer, from: number, count: number): SparseSegment[] {
  const segments: SparseSegment[] = [];
  for (let index = 0; index < count; index++) {
    const at = from + index * SEGMENT_BYTES;
    if (block[at] === 0) break;
    segments.push({
      offset: readSize(block, at, [0, 12]),
      length: readSize(block, at, [12, 12]),
    });
  }
  return segments;
}

type Field = readonly [offset: number, length: number];

function readText(block: Buffer, at: number, [offset, length]: Field, whole = false): string {
  const start = at + offset;
  if (whole) return block.toString('latin1', start, start + length);
  let end = start;
  while (end < start + length && block[end] !== 0) end++;
  return block.toString('latin1', start, end);
}

/** Octal digits with padding, or base-256 when the top bit is set (negative with the next bit). */
function readNumber(block: Buffer, at: number, [offset, length]: Field): number {
  const start = at + offset;
  const first = block[start] as number;
  if (first & 0x80) return readBase256(block, start, length);
  let value = 0;
  let isDone = false;
  let index = start;
  const end = start + length;
  while (index < end && block[index] === 0x20) index++;
  for (; index < end; index++) {
    const byte = block[index] as number;
    if (byte === 0 || byte === 0x20) isDone = true;
    else if (!isDone && byte >= 0x30 && byte <= 0x37) value = value * 8 + (byte - 0x30);
    else throw invalid('malformed number in a header');
  }
  return value;
}

function readBase256(block: Buffer, start: number, length: number): number {
  const isNegative = ((block[start] as number) & 0x40) !== 0;
  let value = BigInt((block[start] as number) & 0x3f);
  for (let index = 1; index < length; index++)
    value = (value << 8n) | BigInt(block[start + index] as number);
  if (isNegative) value -= 1n << BigInt(length * 8 - 2);
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw invalid('number in a header is out of range');
  return number;
}

function readSize(block: Buffer, at: number, field: Field): number {
  const size = readNumber(block, at, field);
  if (size < 0) throw invalid('negative size in a header');
  return size;
}

const ID_MAX = 0xffff_fffe;

function readId(block: Buffer, at: number, field: Field): number {
  const id = readNumber(block, at, field);
  if (id < 0 || id > ID_MAX) throw invalid('user or group id in a header is out of range');
  return id;
}

/** The sum is over unsigned bytes; some old programs summed signed ones. */
function hasChecksum(block: Buffer, at: number): boolean {
  let stored: number;
  try {
    stored = readNumber(block, at, FIELD.checksum);
  } catch {
    return false;
  }
  let sum = 0;
  let high = 0;
  for (let index = at; index < at + BLOCK_BYTES; index++) {
    const byte = block[index] as number;
    sum += byte;
    high += byte >> 7;
  }
  for (let index = at + 148; index < at + 156; index++) {
    const byte = block[index] as number;
    sum += 0x20 - byte;
    high -= byte >> 7;
  }
  return sum === stored || sum - 256 * high === stored;
}

function isZeroBlock(block: Buffer, at: number): boolean {
  for (let index = at; index < at + BLOCK_BYTES; index++) if (block[index] !== 0) return false;
  return true;
}

/** Writes an ustar header block. Every value must fit its field: `tar-writer.ts` sees to it. */
export function writeHeader(header: Omit<RawHeader, 'gnuSparse'>): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  block.write(header.name, 0, 100, 'latin1');
  writeOctal(block, FIELD.mode, header.mode);
  writeOctal(block, FIELD.uid, header.uid);
  writeOctal(block, FIELD.gid, header.gid);
  writeOctal(block, FIELD.size, header.sizeBytes);
  writeOctal(block, FIELD.mtime, Math.max(0, Math.floor(header.mtimeSeconds)));
  block.write(header.typeFlag, FIELD.typeFlag, 1, 'latin1');
  block.write(header.linkName, FIELD.linkName[0], 100, 'latin1');
  block.write('ustar\u000000', FIELD.magic[0], 8, 'latin1');
  writeOctal(block, FIELD.deviceMajor, header.deviceMajor);
  writeOctal(block, FIELD.deviceMinor, header.deviceMinor);
  block.fill(0x20, 148, 156);
  let sum = 0;
  for (let index = 0; index < BLOCK_BYTES; index++) sum += block[index] as number;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8, 'latin1');
  return block;
}

function writeOctal(block: Buffer, [offset, length]: Field, value: number): void {
  block.write(value.toString(8).padStart(length - 1, '0'), offset, length - 1, 'latin1');
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-argument', `invalid tar: ${message}`);
}
