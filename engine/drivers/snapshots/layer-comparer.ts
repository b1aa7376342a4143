/**
 * Holds the members of a layer's archive against the directory it was unpacked to, without writing
 * anything. Parents that are links are not followed: what lies behind one is passed over. Synchronous:
 * it runs in a Worker.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  type Stats,
} from 'node:fs';
import { textOfBytes, type TarEntry } from '../../formats/tar-entry.ts';
import type { TarSink } from '../../formats/tar-reader.ts';
import { parseWhiteout } from '../../formats/whiteout.ts';

const READ_FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** More names than these are only counted. */
const NAMES_MAX = 100_000;

export class LayerComparer implements TarSink {
  private readonly root: string;
  /** By name: an archive may have one several times, and the last counts. */
  private readonly differing = new Set<string>();
  private readonly directories = new Set<string>(['']);
  private name = '';
  private fd = -1;
  private isSame = true;
  private buffer = Buffer.alloc(0);

  /** `directory` as UTF-8 text. */
  constructor(directory: string) {
    this.root = Buffer.from(directory, 'utf8').toString('latin1');
  }

  /** What differs now that every member has been seen. */
  differences(limit: number): { names: string[]; count: number } {
    // A name under one that became something else later in the archive is rightly gone.
    const names = [...this.differing].filter((name) => !this.isBelowOther(name));
    return { names: names.slice(0, limit).map(textOfBytes), count: names.length };
  }

  begin(entry: TarEntry): void {
    const parts = entry.name.split('/').filter((part) => part !== '' && part !== '.');
    const base = parts.at(-1) ?? '';
    if (parts.includes('..') || base === '' || !this.isReal(parts.slice(0, -1))) return;
    const whiteout = parseWhiteout(base);
    if (whiteout !== undefined && whiteout.kind !== 'removed') return;
    this.name = [...parts.slice(0, -1), whiteout ? whiteout.name : base].join('/');
    const stats = this.stat(this.name);
    if (whiteout) {
      this.note(stats !== undefined);
      return;
    }
    this.isSame = stats !== undefined && isAlike(entry, stats);
    if (this.isSame && entry.type === 'symbolic-link')
      this.isSame = readlinkSync(this.pathOf(this.name), 'latin1') === entry.linkName;
    if (entry.type === 'directory' && this.isSame) this.directories.add(this.name);
    if (entry.type === 'file' && this.isSame) this.open(entry);
    else this.note(this.isSame);
  }

  data(bytes: Buffer, offset: number): void {
    if (this.fd === -1) return;
    if (this.buffer.length < bytes.length) this.buffer = Buffer.allocUnsafe(bytes.length);
    let length = 0;
    for (let got = -1; got !== 0 && length < bytes.length; length += got)
      got = readSync(this.fd, this.buffer, length, bytes.length - length, offset + length);
    if (!this.buffer.subarray(0, length).equals(bytes)) this.isSame = false;
  }

  end(): void {
    if (this.fd === -1) return;
    this.abort();
    this.note(this.isSame);
  }

  /** Closes what a cut-off stream left open. */
  abort(): void {
    if (this.fd !== -1) closeSync(this.fd);
    this.fd = -1;
  }

  private open(entry: TarEntry): void {
    this.fd = openSync(this.pathOf(this.name), READ_FILE);
    this.isSame = fstatSync(this.fd).size === entry.sizeBytes;
  }

  private note(isSame: boolean): void {
    if (isSame) this.differing.delete(this.name);
    else if (this.differing.size < NAMES_MAX) this.differing.add(this.name);
  }

  private isReal(parts: readonly string[]): boolean {
    const name = parts.join('/');
    if (this.directories.has(name)) return true;
    const isHere = this.isReal(parts.slice(0, -1)) && this.stat(name)?.isDirectory() === true;
    if (isHere) this.directories.add(name);
    // A parent that is missing altogether is a difference of its own.
    return isHere || this.stat(name) === undefined;
  }

  private isBelowOther(name: string): boolean {
    const parts = name.split('/').slice(0, -1);
    return parts.some((_, index) => {
      const stats = this.stat(parts.slice(0, index + 1).join('/'));
      return stats !== undefined && !stats.isDirectory();
    });
  }

  private stat(name: string): Stats | undefined {
    try {
      return lstatSync(this.pathOf(name), { throwIfNoEntry: false });
    } catch {
      return undefined; // a parent is no directory
    }
  }

  private pathOf(name: string): Buffer {
    return Buffer.from(`${this.root}/${name}`, 'latin1');
  }
}

/** Type, owner and mode; a hard link says nothing of them. */
function isAlike(entry: TarEntry, stats: Stats): boolean {
  switch (entry.type) {
    case 'hard-link':
      return true;
    case 'symbolic-link':
      return stats.isSymbolicLink();
    case 'file':
      return stats.isFile() && hasOwner(entry, stats);
    case 'directory':
      return stats.isDirectory() && hasOwner(entry, stats);
    case 'fifo':
      return stats.isFIFO() && hasOwner(entry, stats);
    case 'character-device':
      return stats.isCharacterDevice() && hasOwner(entry, stats);
    case 'block-device':
      return stats.isBlockDevice() && hasOwner(entry, stats);
    default:
      return entry.type satisfies never;
  }
}

function hasOwner({ mode, uid, gid }: TarEntry, stats: Stats): boolean {
  return (stats.mode & 0o7777) === mode && stats.uid === uid && stats.gid === gid;
}
