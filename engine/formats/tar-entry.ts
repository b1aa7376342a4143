/**
 * A member of a tar archive, whatever dialect it was written in (v7, ustar, PAX, GNU). Pure.
 *
 * Names are *byte strings*: each character is one byte (latin1), because file names on Linux are
 * bytes and need not be UTF-8. `textOfBytes` and `bytesOfText` convert at the edges.
 */

export type TarEntryType =
  | 'file'
  | 'hard-link'
  | 'symbolic-link'
  | 'character-device'
  | 'block-device'
  | 'directory'
  | 'fifo';

export interface TarEntry {
  readonly type: TarEntryType;
  /** As the archive has it: may be absolute, hold `..`, end in a slash. A byte string. */
  readonly name: string;
  /** Target of a hard or symbolic link, else empty. A byte string. */
  readonly linkName: string;
  /** Permission bits with setuid, setgid and sticky: at most 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Size of the file once unpacked; 0 for everything but files. */
  readonly sizeBytes: number;
  /** Seconds since the epoch, with a fraction. */
  readonly mtimeSeconds: number;
  readonly deviceMajor: number;
  readonly deviceMinor: number;
  /** Extended attributes by name, `security.capability`; names are byte strings. */
  readonly attributes?: ReadonlyMap<string, Buffer>;
  /** True when parts of the file are holes: data does not cover all of `sizeBytes`. */
  readonly isSparse: boolean;
}

/** A stretch of a sparse file that has data. */
export interface SparseSegment {
  readonly offset: number;
  readonly length: number;
}

export const BLOCK_BYTES = 512;

/** Type flags of the header. Source: POSIX pax, "ustar Interchange Format"; GNU tar, tar.h. */
export const TYPE_FLAG = {
  file: '0',
  oldFile: '\0',
  hardLink: '1',
  symbolicLink: '2',
  characterDevice: '3',
  blockDevice: '4',
  directory: '5',
  fifo: '6',
  contiguousFile: '7',
  paxEntry: 'x',
  paxGlobal: 'g',
  gnuLongName: 'L',
  gnuLongLink: 'K',
  gnuSparse: 'S',
} as const;

/** Bytes that fill the last block of a member's data. */
export function paddingOf(sizeBytes: number): number {
  return (BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES;
}

/** A byte string as text; bytes that are no UTF-8 become U+FFFD. */
export function textOfBytes(bytes: string): string {
  return isAscii(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8');
}

/** Text as a byte string of its UTF-8. */
export function bytesOfText(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

export function isAscii(text: string): boolean {
  // eslint-disable-next-line no-control-regex
  return /^[\0-\x7f]*$/.test(text);
}
