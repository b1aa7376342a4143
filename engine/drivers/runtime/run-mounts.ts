/**
 * Mounts on the host that one run of a container needs: `<exec root>/mounts/<id>/shm`, which other
 * containers may share, and `…/pins/<n>`, places inside volumes that were looked up when whoever
 * writes to the volume could not change them any more, and layers of images. All are gone with the run, or with the sweep
 * of the next engine: what is found there is unmounted before anything is deleted.
 */
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../contract/errors.ts';
import { errnoOf } from '../../host/errno.ts';
import { attachTree, cloneTreeOf, closeTree, openInside } from '../../host/mount-tree.ts';
import { unmountAll } from '../../host/mount-points.ts';
import { MS, mount } from '../../host/system-calls.ts';

export class RunMounts {
  private readonly root: string;

  constructor(execRoot: string) {
    this.root = join(execRoot, 'mounts');
    mkdirSync(this.root, { recursive: true, mode: 0o700 });
  }

  list(): string[] {
    return readdirSync(this.root);
  }

  shmOf(containerId: string): string {
    return join(this.root, containerId, 'shm');
  }

  /** Made already: is left as it is. */
  makeShm(containerId: string, sizeBytes: number): string {
    const target = this.shmOf(containerId);
    if (statSync(target, { throwIfNoEntry: false }) !== undefined) this.remove(containerId);
    mkdirSync(target, { recursive: true, mode: 0o700 });
    const flags = MS.NOSUID | MS.NODEV | MS.NOEXEC;
    mount({ source: 'shm', target, type: 'tmpfs', flags, data: `mode=1777,size=${sizeBytes}` });
    return target;
  }

  /** A mount of what is at `path` inside `directory`, whatever becomes of that path. */
  pin(containerId: string, directory: string, path: string): string {
    let found: number;
    try {
      found = openInside(directory, path);
    } catch (error) {
      throw new EngineError(
        'invalid-argument',
        `cannot access path ${join(directory, path)}: ${errnoOf(error) === 'ENOENT' ? 'no such file or directory' : String(errnoOf(error))}`,
        { cause: error },
      );
    }
    try {
      return this.attach(containerId, found);
    } finally {
      closeTree(found);
    }
  }

  /** A read-only mount of an image's layers, or of what is at `path` in them. */
  pinLayers(containerId: string, lowerOptions: string, path: string): string {
    const target = this.nextPin(containerId);
    mkdirSync(target);
    mount({ source: 'overlay', target, type: 'overlay', flags: MS.RDONLY, data: lowerOptions });
    return path === '' ? target : this.pin(containerId, target, path);
  }

  private nextPin(containerId: string): string {
    const pins = this.pinsOf(containerId);
    mkdirSync(pins, { recursive: true, mode: 0o700 });
    return join(pins, String(readdirSync(pins).length));
  }

  private attach(containerId: string, found: number): string {
    const target = this.nextPin(containerId);
    if (statSync(`/proc/self/fd/${found}`).isDirectory()) mkdirSync(target);
    else writeFileSync(target, '');
    const tree = cloneTreeOf(found, { recursive: true });
    try {
      attachTree(tree, target);
    } finally {
      closeTree(tree);
    }
    return target;
  }

  private pinsOf(containerId: string): string {
    return join(this.root, containerId, 'pins');
  }

  /** The container has mounts of its own of them by now. */
  releasePins(containerId: string): void {
    removeMounted(this.pinsOf(containerId));
  }

  /** Absent is no error. */
  remove(containerId: string): void {
    removeMounted(join(this.root, containerId));
  }
}

/** Never deletes what is mounted: a mount that stays throws. */
function removeMounted(directory: string): void {
  if (statSync(directory, { throwIfNoEntry: false }) === undefined) return;
  unmountAll(directory);
  rmSync(directory, { recursive: true, force: true });
}
