/**
 * A file tree as a tar archive, in the order of names, as `docker cp` and `docker export` give it:
 * owners, modes, whole seconds, hard links, devices, FIFOs, extended attributes; no sockets.
 *
 * The tree may change at any moment. What is gone when its turn comes is left out; a link that took
 * the place of a directory is not followed. To be run where no path leads out of the tree.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  type Stats,
} from 'node:fs';
import type { TarEntry } from '../../formats/tar-entry.ts';
import { tarEntry } from '../../formats/tar-writer.ts';
import { nativePath } from '../../host/byte-paths.ts';
import { errnoOf } from '../../host/errno.ts';
import { readAttributes } from '../../host/file-attributes.ts';
import { TarOutput } from './tar-output.ts';

const READ_FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export interface ArchiveSource {
  /** Absolute, a byte string. */
  readonly path: string;
  /** Of its entry; empty leaves the entry out and names what is below from there on. */
  readonly name: string;
}

interface OpenDirectory extends ArchiveSource {
  readonly children: readonly string[];
  next: number;
}

export function* archiveTree(source: ArchiveSource): Generator<Buffer> {
  const writer = new MemberWriter();
  const open: OpenDirectory[] = [];
  const enter = (directory: ArchiveSource) =>
    open.push({ ...directory, children: namesIn(directory.path), next: 0 });
  if (source.name === '') enter(source);
  else if (yield* writer.write(source)) enter(source);
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const child = top.children[top.next++];
    if (child === undefined) {
      open.pop();
      continue;
    }
    const next = { path: joined(top.path, child), name: joined(top.name, child) };
    if (yield* writer.write(next)) enter(next);
  }
  yield* writer.end();
}

/** Writes files as members, a file seen before as a link to that one. */
export class MemberWriter {
  private readonly output = new TarOutput();
  private readonly written = new Map<string, string>();

  /** True for a directory. What is not there any more is no error. */
  *write({ path, name }: ArchiveSource): Generator<Buffer, boolean> {
    const native = nativePath(path);
    const stats = lstatSync(native, { throwIfNoEntry: false });
    if (stats === undefined) return false;
    if (stats.isFile()) yield* this.file(path, name, stats);
    else if (stats.isDirectory()) {
      const directoryName = name.endsWith('/') ? name : `${name}/`;
      yield* this.output.member({
        ...entryOf(path, directoryName, stats),
        type: 'directory',
      });
    } else yield* this.other(path, name, stats);
    return stats.isDirectory();
  }

  /** A member made up here. */
  *member(entry: TarEntry): Generator<Buffer> {
    yield* this.output.member(entry);
  }

  *end(): Generator<Buffer> {
    yield* this.output.end();
  }

  private *file(path: string, name: string, seen: Stats): Generator<Buffer> {
    const identity = `${seen.dev} ${seen.ino}`;
    const earlier = seen.nlink > 1 ? this.written.get(identity) : undefined;
    if (earlier !== undefined) {
      const entry = { ...entryOf(path, name, seen), sizeBytes: 0 };
      yield* this.output.member({ ...entry, type: 'hard-link', linkName: earlier });
      return;
    }
    const fd = openFile(path);
    if (fd === undefined) return;
    try {
      const stats = fstatSync(fd);
      if (!stats.isFile()) return; // another one took its place
      if (seen.nlink > 1) this.written.set(identity, name);
      yield* this.output.file(entryOf(path, name, stats), fd);
    } finally {
      closeSync(fd);
    }
  }

  private *other(path: string, name: string, stats: Stats): Generator<Buffer> {
    const entry = entryOf(path, name, stats);
    if (stats.isSymbolicLink()) {
      const linkName = targetOf(path);
      if (linkName !== undefined)
        yield* this.output.member({ ...entry, type: 'symbolic-link', linkName });
    } else if (stats.isFIFO()) yield* this.output.member({ ...entry, type: 'fifo' });
    else if (stats.isCharacterDevice() || stats.isBlockDevice())
      yield* this.output.member({
        ...entry,
        type: stats.isBlockDevice() ? 'block-device' : 'character-device',
        ...deviceOf(stats.rdev),
      });
  }
}

function entryOf(path: string, name: string, stats: Stats): TarEntry {
  const attributes = stats.isSymbolicLink() ? undefined : readAttributes(path, isCarried);
  return tarEntry({
    name,
    mode: stats.mode & 0o7777,
    uid: stats.uid,
    gid: stats.gid,
    sizeBytes: stats.isFile() ? stats.size : 0,
    mtimeSeconds: Math.floor(stats.mtimeMs / 1000),
    ...(attributes && { attributes }),
  });
}

/** Marks of overlayfs and of the host's security modules are not the file's own. */
function isCarried(name: string): boolean {
  return (
    name === 'security.capability' ||
    name.startsWith('system.posix_acl_') ||
    (/^(user|trusted)\./.test(name) && !/^(user|trusted)\.overlay\./.test(name))
  );
}

/** Undefined where nothing that can be read is there any more. */
function openFile(path: string): number | undefined {
  try {
    return openSync(nativePath(path), READ_FILE);
  } catch (error) {
    if (['ENOENT', 'ELOOP', 'ENXIO', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}

function targetOf(path: string): string | undefined {
  try {
    return readlinkSync(nativePath(path), 'latin1');
  } catch (error) {
    if (['ENOENT', 'EINVAL', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}

/** Source: makedev(3). */
function deviceOf(device: number): { deviceMajor: number; deviceMinor: number } {
  const bits = BigInt(device);
  return {
    deviceMajor: Number(((bits >> 8n) & 0xfffn) | ((bits >> 32n) & ~0xfffn)),
    deviceMinor: Number((bits & 0xffn) | ((bits >> 12n) & 0xffffff00n)),
  };
}

/** Sorted; empty for one that is gone or is no directory any more. */
export function namesIn(path: string): string[] {
  try {
    const names = readdirSync(nativePath(path), { encoding: 'latin1' });
    return names.toSorted();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return [];
    throw error;
  }
}

function joined(parent: string, child: string): string {
  if (parent === '') return child;
  return parent.endsWith('/') ? `${parent}${child}` : `${parent}/${child}`;
}
