/**
 * A private directory that a layer is unpacked into, addressed as if it were the root of a file
 * system: every name resolves inside it, symbolic links included, the way they would after chroot.
 * No path that leaves this class can lead outside, because each of its directories was looked at
 * (lstat) and found to be a real one, and nobody else writes here meanwhile.
 *
 * Names are byte strings (see `formats/tar-entry.ts`).
 */
import { lstatSync, mkdirSync, readlinkSync, rmSync, type PathLike, type Stats } from 'node:fs';
import { EngineError } from '../../contract/errors.ts';
import { bytesOfText, textOfBytes } from '../../formats/tar-entry.ts';
import { nativePath } from '../../host/byte-paths.ts';
import { errnoOf } from '../../host/errno.ts';

/** Source: path_resolution(7), the kernel's own limit. */
const LINKS_MAX = 40;

export interface Place {
  /** Resolved directory the name stands in, relative to the root; empty for the root itself. */
  readonly parent: string;
  /** The last component; empty for the root. */
  readonly base: string;
}

export class LayerDirectory {
  private readonly root: string;
  /** Relative paths found to be real directories. */
  private readonly directories = new Set<string>();
  /** Parent names as archives spell them → where they lead. */
  private readonly resolved = new Map<string, string>();

  constructor(root: string) {
    this.root = bytesOfText(root);
  }

  /**
   * Where a member of that name goes. Missing parents are created. Throws `invalid-argument` for a
   * name with `..` and for a parent that is not a directory.
   */
  locate(name: string): Place {
    let end = name.length;
    while (end > 0 && name.charCodeAt(end - 1) === 0x2f) end--;
    const slash = name.lastIndexOf('/', end - 1);
    const base = name.slice(slash + 1, end);
    if (base === '..') throw outside(name);
    const parentName = name.slice(0, Math.max(slash, 0));
    if (base === '' || base === '.') {
      const parts = componentsOf(parentName);
      return parts.length === 0 ? { parent: '', base: '' } : this.locate(parts.join('/'));
    }
    let parent = this.resolved.get(parentName);
    if (parent === undefined) {
      const parts = componentsOf(parentName);
      if (parts.includes('..')) throw outside(name);
      parent = this.resolve(parts);
      this.resolved.set(parentName, parent);
    }
    return { parent, base };
  }

  /** Absolute path of a place, in the form that file calls take. */
  pathOf({ parent, base }: Place): PathLike {
    return nativePath(
      this.absolute(parent === '' ? base : base === '' ? parent : `${parent}/${base}`),
    );
  }

  /** The same as text, for calls that take no bytes; throws for a name that is not UTF-8. */
  textPathOf(place: Place): string {
    const path = this.pathOf(place);
    if (typeof path === 'string') return path;
    const text = path.toString('utf8');
    if (Buffer.from(text, 'utf8').equals(path as Buffer)) return text;
    throw new EngineError('invalid-argument', `invalid tar: name is not UTF-8: ${text}`);
  }

  /** Notes that the place is a real directory now. */
  addDirectory({ parent, base }: Place): void {
    this.directories.add(parent === '' ? base : `${parent}/${base}`);
  }

  /** What stands at the place, not following a link; undefined for nothing. */
  stat(place: Place): Stats | undefined {
    return lstatSync(this.pathOf(place), { throwIfNoEntry: false });
  }

  /** Removes whatever stands at the place, with everything below it. */
  clear(place: Place): void {
    if (this.stat(place)?.isDirectory()) {
      // What was known about directories below is no longer true.
      this.directories.clear();
      this.resolved.clear();
      rmSync(this.pathOf(place), { recursive: true });
    } else {
      // A link among the parents of later names may have gone with it.
      this.resolved.clear();
      rmSync(this.pathOf(place), { force: true });
    }
  }

  private resolve(parts: readonly string[]): string {
    let current = '';
    let links = 0;
    const pending = parts.toReversed();
    for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
      if (part === '..') {
        current = current.slice(0, Math.max(current.lastIndexOf('/'), 0));
        continue;
      }
      const next = current === '' ? part : `${current}/${part}`;
      const target = this.directories.has(next) ? undefined : this.enter(next);
      if (target === undefined) {
        current = next;
        continue;
      }
      if (++links > LINKS_MAX)
        throw invalid(`too many levels of symbolic links: ${textOfBytes(next)}`);
      if (target.startsWith('/')) current = '';
      pending.push(...componentsOf(target).toReversed());
    }
    return current;
  }

  /** Makes sure that `relative` is a directory; returns the target instead where it is a link. */
  private enter(relative: string): string | undefined {
    const path = nativePath(this.absolute(relative));
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats?.isSymbolicLink()) return readlinkSync(path, 'latin1');
    if (stats === undefined || isWhiteoutNode(stats)) {
      if (stats !== undefined) rmSync(path);
      mkdirSync(path, { mode: 0o755 });
    } else if (!stats.isDirectory()) throw invalid(`not a directory: ${textOfBytes(relative)}`);
    this.directories.add(relative);
    return undefined;
  }

  private absolute(relative: string): string {
    return relative === '' ? this.root : `${this.root}/${relative}`;
  }
}

/** True for overlayfs's mark of a removed name: character device 0/0. */
export function isWhiteoutNode(stats: Stats): boolean {
  return stats.isCharacterDevice() && stats.rdev === 0;
}

/** True when the call failed because something of that name is there already. */
export function isTaken(error: unknown): boolean {
  return errnoOf(error) === 'EEXIST';
}

function componentsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

function outside(name: string): EngineError {
  return invalid(`name leads outside the layer: ${textOfBytes(name)}`);
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-argument', `invalid tar: ${message}`);
}
