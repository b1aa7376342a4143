/**
 * `VolumeStore` under `<dataRoot>/volumes/<name>/_data`. A removal renames the directory to a name
 * that no volume can have, so that a crash in the middle leaves no half-deleted volume.
 */
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
} from 'node:fs';
import { join } from 'node:path';
import type { VolumeMount } from '../../formats/volume-options.ts';
import { errnoOf } from '../../host/errno.ts';
import { isMounted, unmountAll } from '../../host/mount-points.ts';
import { run } from '../../host/processes.ts';
import { removeTree } from '../../host/remove-tree.ts';
import { getAttribute, listAttributes, setAttribute } from '../../host/system-calls.ts';
import type { VolumeStore } from '../volumes.ts';
import { mountVolume } from './local-mounts.ts';

const DATA = '_data';
/**
 * The sizes of what is no folder, a file of several names once. Not `du`, which counts blocks and
 * folders, nor here, where a million files would keep the engine. Source: moby `pkg/directory`, Size.
 */
const SUM_OF_FILES = `cd "$1" && find . ! -type d -printf '%n %D:%i %s\\n' |
  awk '$1 == 1 || !seen[$2]++ { sum += $3 } END { printf "%.0f", sum }'`;
/** Volume names begin with a letter or a digit. */
const REMOVED_PREFIX = '.removed-';

export class LocalVolumeStore implements VolumeStore {
  private readonly root: string;

  constructor(dataRoot: string) {
    this.root = join(dataRoot, 'volumes');
    // Others may pass through to a volume they know of, as with Docker, but not look around.
    mkdirSync(this.root, { recursive: true, mode: 0o701 });
  }

  create(name: string): void {
    mkdirSync(this.pathOf(name), { recursive: true, mode: 0o755 });
  }

  async mount(name: string, wanted: VolumeMount): Promise<void> {
    const path = this.pathOf(name);
    if (!isMounted(path)) await mountVolume(path, wanted);
  }

  unmount(name: string): void {
    unmountAll(this.pathOf(name));
  }

  pathOf(name: string): string {
    return join(this.root, name, DATA);
  }

  list(): string[] {
    return readdirSync(this.root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => entry.name)
      .filter((name) => existsSync(this.pathOf(name)));
  }

  isEmpty(name: string): boolean {
    return isEmptyDirectory(this.pathOf(name));
  }

  remove(name: string): () => Promise<void> {
    this.unmount(name); // what is mounted there is not the volume's to delete
    const removed = join(this.root, `${REMOVED_PREFIX}${randomBytes(8).toString('hex')}`);
    try {
      renameSync(join(this.root, name), removed);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return async () => {};
      throw error;
    }
    return () => removeTree(removed);
  }

  async sweep(): Promise<void> {
    for (const name of readdirSync(this.root)) this.dropUnfinished(name);
    const removed = readdirSync(this.root).filter((name) => name.startsWith(REMOVED_PREFIX));
    for (const name of removed) unmountAll(join(this.root, name));
    const deletions = await Promise.allSettled(
      removed.map((it) => removeTree(join(this.root, it))),
    );
    const failures = deletions.flatMap((it) =>
      it.status === 'rejected' ? [it.reason as unknown] : [],
    );
    if (failures.length > 0) throw new AggregateError(failures, 'deleting removed volumes');
  }

  /** A creation that was cut off leaves a directory with nothing in it. */
  private dropUnfinished(name: string): void {
    if (name.startsWith('.') || existsSync(this.pathOf(name))) return;
    try {
      rmdirSync(join(this.root, name));
    } catch (error) {
      // Whatever it is, it is not ours.
      if (errnoOf(error) !== 'ENOTEMPTY' && errnoOf(error) !== 'ENOTDIR') throw error;
    }
  }

  async copyUp(name: string, fromDirectory: string): Promise<void> {
    const target = this.pathOf(name);
    // Most images declare an empty directory: that needs no program, only its owner and mode.
    if (isEmptyDirectory(fromDirectory)) return copyDirectoryItself(fromDirectory, target);
    // GNU cp keeps all that is asked for, and clones extents where the file system can.
    await run('cp', ['-a', '-T', '--', fromDirectory, target]);
  }

  async sizeBytes(name: string): Promise<number> {
    return Number(await run('sh', ['-c', SUM_OF_FILES, 'sh', this.pathOf(name)]));
  }
}

function isEmptyDirectory(path: string): boolean {
  return readdirSync(path).length === 0;
}

function copyDirectoryItself(from: string, to: string): void {
  const { uid, gid, mode } = lstatSync(from);
  chownSync(to, uid, gid);
  chmodSync(to, mode & 0o7777);
  for (const attribute of listAttributes(from)) {
    const value = getAttribute(from, attribute);
    // Overlay's own marks describe the layer the directory came from, not its content.
    if (value && !attribute.startsWith('trusted.overlay.')) setAttribute(to, attribute, value);
  }
}
