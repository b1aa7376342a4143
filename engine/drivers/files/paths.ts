/**
 * Paths of requests, looked up in the tree that is `/` here: what is there, and whether it may be
 * written. Rules of dots and slashes are Docker's. Source: moby `daemon/archive_unix.go`, `StatPath`.
 */
import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import { posix } from 'node:path';
import { EngineError } from '../../contract/errors.ts';
import { resolveUser, type ProcessUser } from '../../formats/passwd.ts';
import { bytesOfText } from '../../formats/tar-entry.ts';
import { errnoOf } from '../../host/errno.ts';
import type { FileTree, PathStat, WriteOptions } from '../container-files.ts';
import { resolveInRootfs } from '../runtime/rootfs-path.ts';
import type { ArchiveSource } from './tree-archiver.ts';

/** Absolute and clean; what says "follow me" at the end, a slash or `/.`, stays. */
export function cleanPath(path: string): string {
  const clean = posix.join('/', path);
  const bare = clean === '/' ? clean : clean.replace(/\/$/, '');
  if (/(^|\/)\.$/.test(path)) return bare === '/' ? '/.' : `${bare}/.`;
  return path.endsWith('/') && bare !== '/' ? `${bare}/` : bare;
}

export function statPath(path: string): PathStat {
  const clean = cleanPath(path);
  const stats = lstatSync(clean, { bigint: true });
  return {
    name: nameOf(clean),
    sizeBytes: Number(stats.size),
    mode: Number(stats.mode),
    mtimeNs: stats.mtimeNs,
    linkTarget: stats.isSymbolicLink() ? finalTarget(clean) : '',
  };
}

/** What an archive of the path is made of. */
export function archiveSource(path: string): ArchiveSource {
  const clean = cleanPath(path);
  return { path: bytesOfText(clean), name: bytesOfText(nameOf(clean)) };
}

function nameOf(clean: string): string {
  if (clean === '/') return '/';
  return clean.endsWith('/.') ? '.' : posix.basename(clean);
}

function finalTarget(path: string): string {
  try {
    // Follows as a chroot would, to a target that may be missing.
    return resolveInRootfs('', path) || '/';
  } catch {
    throw new EngineError('invalid-argument', `too many levels of symbolic links: ${path}`);
  }
}

/** The directory to unpack into, links resolved, `''` for the root. Throws unless it may be written. */
export function writableDirectory(
  path: string,
  mounts: FileTree['mounts'],
  { isRootReadOnly }: WriteOptions,
): string {
  const real = realpathSync(posix.join('/', path));
  if (!lstatSync(real).isDirectory())
    throw new EngineError('invalid-argument', 'extraction point is not a directory');
  const holder = mounts.findLast(
    ({ destination }) => real === destination || real.startsWith(`${destination}/`),
  );
  if (holder?.readOnly) throw new EngineError('forbidden', 'mounted volume is marked read-only');
  if (holder === undefined && isRootReadOnly)
    throw new EngineError('forbidden', 'container rootfs is marked read-only');
  return real === '/' ? '' : bytesOfText(real);
}

/** `user[:group]` by the tree's own files. */
export function ownerIn(user: string): ProcessUser {
  return resolveUser(user, textOf('/etc/passwd'), textOf('/etc/group'));
}

function textOf(path: string): string {
  try {
    if (!lstatSync(realpathSync(path)).isFile()) return '';
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return '';
    throw error;
  }
}
