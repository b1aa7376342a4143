/**
 * Which files a log consists of, and where each begins in the whole log.
 *
 * Deleting the oldest file must not move the cursors of the others. So before a file is deleted, the
 * next one's inode and cursor are written to `<path>.base`, atomically: inodes stay the same when
 * files are renamed, so the record holds however far a rotation got. Without a record the oldest
 * file begins at 0, since none was deleted yet.
 */
import {
  closeSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { errnoOf } from '../../host/errno.ts';

export interface LogFile {
  readonly path: string;
  readonly fd: number;
  readonly inode: number;
  readonly modifiedMs: number;
  /** Cursor of its first byte. */
  readonly base: number;
  /** Bytes when it was opened; only the newest file grows. */
  readonly bytes: number;
}

/** Paths of the rotated files, newest (`.1`) first; numbers may have gaps after a crash. */
export function rotatedPaths(path: string): { number: number; path: string }[] {
  const prefix = `${basename(path)}.`;
  let names: string[];
  try {
    names = readdirSync(dirname(path));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
  return names
    .filter((name) => name.startsWith(prefix) && /^[1-9]\d*$/.test(name.slice(prefix.length)))
    .map((name) => ({
      number: Number(name.slice(prefix.length)),
      path: `${path}.${name.slice(prefix.length)}`,
    }))
    .toSorted((a, b) => a.number - b.number);
}

/**
 * Opens every file of the log, oldest first. Runs without yielding, so a rotation in this engine
 * never happens in the middle of it. The caller closes the descriptors.
 */
export function openLogFiles(path: string): LogFile[] {
  const paths = [
    ...rotatedPaths(path)
      .map((file) => file.path)
      .toReversed(),
    path,
  ];
  const opened = paths.flatMap((candidate) => openIfThere(candidate) ?? []);
  const bases = basesOf(opened, readBase(path));
  return opened.map((file, index) => ({ ...file, base: bases[index] ?? 0 }));
}

/** Inode of the file at `path`, or undefined when there is none. */
export function inodeAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}

function openIfThere(path: string): Omit<LogFile, 'base'> | undefined {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  const { ino, size, mtimeMs } = fstatSync(fd);
  return { path, fd, inode: ino, bytes: size, modifiedMs: mtimeMs };
}

interface BaseRecord {
  readonly inode: number;
  readonly base: number;
}

/** Cursors of the files' first bytes, counted from the file the record names. */
export function basesOf(
  files: readonly { inode: number; bytes: number }[],
  record: BaseRecord | undefined,
): number[] {
  const named = Math.max(
    0,
    files.findIndex((file) => file.inode === record?.inode),
  );
  const bases: number[] = [];
  let base = record?.base ?? 0;
  for (const file of files.slice(0, named)) base -= file.bytes;
  for (const file of files) {
    bases.push(base);
    base += file.bytes;
  }
  return bases;
}

function readBase(path: string): BaseRecord | undefined {
  let text: string;
  try {
    text = readFileSync(`${path}.base`, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  const [inode, base] = text.split(' ').map(Number);
  return inode === undefined || base === undefined || Number.isNaN(inode + base)
    ? undefined
    : { inode, base };
}

/** Deletes the oldest files until at most `keep` remain, keeping the cursors of the others. */
export function deleteOldest(path: string, keep: number): void {
  const files = openLogFiles(path);
  for (const file of files) closeSync(file.fd);
  const survivor = files[files.length - keep];
  if (files.length <= keep || survivor === undefined) return;
  writeFileSync(`${path}.base.new`, `${survivor.inode} ${survivor.base}`, { flush: true });
  renameSync(`${path}.base.new`, `${path}.base`);
  for (const file of files.slice(0, files.length - keep)) unlinkSync(file.path);
}
