/**
 * Paths inside a rootfs: symlinks, `..` and absolute links are followed as they would be if the
 * rootfs were `/`. The image's author chose them, so none may lead to a file of the host.
 */
import { lstatSync, readlinkSync } from 'node:fs';
import { errnoOf } from '../../host/errno.ts';
import { EngineError } from '../../contract/errors.ts';

/** As many as the kernel follows. Source: path_resolution(7). */
const LINKS_MAX = 40;

/** The host's path of `path` inside `rootfs`; from the first component that is missing on, as written. */
export function resolveInRootfs(rootfs: string, path: string): string {
  let links = 0;
  let resolved: string[] = [];
  const pending = path.split('/').toReversed();
  while (pending.length > 0) {
    const name = pending.pop() ?? '';
    if (name === '' || name === '.') continue;
    if (name === '..') {
      resolved.pop();
      continue;
    }
    const target = linkTarget(`${rootfs}/${[...resolved, name].join('/')}`);
    if (target === undefined) {
      resolved.push(name);
      continue;
    }
    if (++links > LINKS_MAX)
      throw new EngineError('invalid-argument', `too many levels of symbolic links: ${path}`);
    if (target.startsWith('/')) resolved = [];
    pending.push(...target.split('/').toReversed());
  }
  return resolved.length === 0 ? rootfs : `${rootfs}/${resolved.join('/')}`;
}

/** Undefined for anything but a symlink, missing files included. */
function linkTarget(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
    throw error;
  }
}
