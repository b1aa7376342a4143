/**
 * `Snapshotter` on overlayfs. Under one root: `layers/<number>/` is an unpacked layer, `empty/` stands
 * for an image without layers, `containers/<id>/{upper,work,rootfs}` is a container's.
 *
 * A directory in `layers/` is a snapshot only if a record names it; the record is written last, so a
 * crash leaves directories without a record, which `recover` removes. Files of a snapshot are not
 * fsynced: its record carries the boot it was unpacked in, and counts for later boots only once
 * `markDurable` was called for it.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { EngineError } from '../../contract/errors.ts';
import type { Digest } from '../../formats/digest.ts';
import { errnoOf } from '../../host/errno.ts';
import { removeTree } from '../../host/remove-tree.ts';
import { spreadSubdirectories } from '../../host/directory-spread.ts';
import { MNT, mount, unmount } from '../../host/system-calls.ts';
import { unmountAside } from '../../host/unmount.ts';
import type {
  MountOptions,
  RootfsParts,
  RootfsView,
  Snapshotter,
  UnpackTarget,
  WritableLayer,
} from '../snapshots.ts';
import type { Records, StateStore } from '../state.ts';
import { lowerOptions, overlayOptions, UNWANTED_FEATURES, upperFirst } from './overlay-mount.ts';
import { RootfsViews } from './rootfs-views.ts';

interface SnapshotRecord {
  /** Name of its directory in `layers/`. */
  readonly directory: string;
  readonly sizeBytes: number;
  readonly bootId: string;
  readonly isDurable: boolean;
}

const CONTAINER_ID = /^[a-zA-Z0-9_.-]+$/;

export class OverlaySnapshotter implements Snapshotter {
  private readonly layersRoot: string;
  private readonly containersRoot: string;
  private readonly records: Records<SnapshotRecord>;
  private readonly snapshots: Map<Digest, SnapshotRecord>;
  private readonly bootId: string;
  /** Directories from this number on are this engine's own. */
  private readonly firstDirectory: number;
  private nextDirectory: number;
  private readonly rootFds = new Map<string, number>();
  /** Containers mounted without regard for the disk, by this engine. */
  private readonly volatile = new Set<string>();
  private readonly views = new RootfsViews();
  private readonly switchedOff = UNWANTED_FEATURES.filter(isOnByDefault);

  /** `root` is an absolute path on a file system that carries overlay (not overlay itself). */
  constructor(root: string, state: StateStore, bootId: string = readBootId()) {
    this.layersRoot = join(root, 'layers');
    this.containersRoot = join(root, 'containers');
    mkdirSync(this.layersRoot, { recursive: true, mode: 0o700 });
    mkdirSync(this.containersRoot, { recursive: true, mode: 0o711 });
    // ext4 otherwise packs all layers into one region, where it walks past every inode that was
    // freed in the last minutes: a pull after a removal took four times as long.
    spreadSubdirectories(this.layersRoot);
    this.bootId = bootId;
    this.records = state.records<SnapshotRecord>('snapshots');
    this.snapshots = new Map(this.records.all() as [Digest, SnapshotRecord][]);
    const numbers = readdirSync(this.layersRoot).map(Number).filter(Number.isInteger);
    this.firstDirectory = Math.max(0, ...numbers) + 1;
    this.nextDirectory = this.firstDirectory;
  }

  has(diffId: Digest): boolean {
    const record = this.snapshots.get(diffId);
    return record !== undefined && (record.isDurable || record.bootId === this.bootId);
  }

  isPresent(diffId: Digest): boolean {
    if (!this.has(diffId)) return false;
    if (existsSync(this.pathOf(diffId))) return true;
    this.forget(diffId);
    return false;
  }

  private forget(diffId: Digest): void {
    this.records.delete(diffId);
    this.snapshots.delete(diffId);
  }

  sizeBytes(diffId: Digest): number {
    return this.snapshots.get(diffId)?.sizeBytes ?? 0;
  }

  pathOf(diffId: Digest): string {
    const record = this.snapshots.get(diffId);
    if (record === undefined || !this.has(diffId))
      throw new EngineError('not-found', `layer ${diffId} is not unpacked`);
    return join(this.layersRoot, record.directory);
  }

  beginUnpack(): UnpackTarget {
    const name = String(this.nextDirectory++);
    const directory = join(this.layersRoot, name);
    mkdirSync(directory, { mode: 0o755 });
    return {
      directory,
      commit: (diffId, sizeBytes) => this.commit(diffId, name, sizeBytes),
      abort: () => removeTree(directory),
    };
  }

  private commit(diffId: Digest, directory: string, sizeBytes: number): void {
    const earlier = this.snapshots.get(diffId);
    if (this.has(diffId)) {
      void this.drop(directory);
      return;
    }
    this.put(diffId, { directory, sizeBytes, bootId: this.bootId, isDurable: false });
    if (earlier !== undefined) void this.drop(earlier.directory);
  }

  private put(diffId: Digest, record: SnapshotRecord): void {
    this.records.put(diffId, record);
    this.snapshots.set(diffId, record);
  }

  /** Frees a directory nobody refers to; what fails here is removed at the next start. */
  private async drop(directory: string): Promise<void> {
    await removeTree(join(this.layersRoot, directory)).catch(() => {});
  }

  async remove(diffId: Digest): Promise<void> {
    const record = this.snapshots.get(diffId);
    if (record === undefined) return;
    this.forget(diffId);
    await this.drop(record.directory);
  }

  list(): Digest[] {
    return [...this.snapshots.keys()].filter((diffId) => this.has(diffId));
  }

  markDurable(diffIds: readonly Digest[]): void {
    for (const diffId of diffIds) {
      const record = this.snapshots.get(diffId);
      if (record && this.has(diffId)) this.put(diffId, { ...record, isDurable: true });
    }
  }

  listVolatile(): Digest[] {
    return this.list().filter((diffId) => !this.snapshots.get(diffId)?.isDurable);
  }

  createWritable(containerId: string): void {
    const directory = this.containerDirectory(containerId);
    try {
      mkdirSync(directory, { mode: 0o711 });
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
      throw new EngineError('conflict', `container ${containerId} has a writable layer already`);
    }
    mkdirSync(join(directory, 'upper'), { mode: 0o755 });
    mkdirSync(join(directory, 'work'), { mode: 0o700 });
    mkdirSync(join(directory, 'rootfs'), { mode: 0o755 });
  }

  mount(
    containerId: string,
    layers: readonly Digest[],
    { isVolatile = false }: MountOptions = {},
  ): string {
    const target = join(this.containerDirectory(containerId), 'rootfs');
    if (isMountPoint(target) || this.views.attach(containerId, target)) return target;
    const data = overlayOptions({
      layers: layers.length === 0 ? [this.emptyLayer()] : layers.map((it) => this.directoryOf(it)),
      containerId,
      layersRoot: this.layersRoot,
      containersRoot: this.containersRoot,
      shortLayersRoot: () => this.shortPath(this.layersRoot),
      shortContainersRoot: () => this.shortPath(this.containersRoot),
      switchedOff: this.switchedOff,
    });
    this.forgetVolatile(containerId);
    if (isVolatile && mountVolatile(target, data)) this.volatile.add(containerId);
    else mount({ source: 'overlay', target, type: 'overlay', data });
    this.requireWritable(containerId, target);
    return target;
  }

  partsOf(containerId: string, layers: readonly Digest[]): RootfsParts {
    const directory = this.containerDirectory(containerId);
    const lower = layers.filter((diffId) => this.has(diffId)).map((diffId) => this.pathOf(diffId));
    return {
      rootfs: join(directory, 'rootfs'),
      writable: join(directory, 'upper'),
      work: join(directory, 'work'),
      layers: upperFirst(lower),
    };
  }

  /**
   * Without room for its work directory overlayfs mounts read-only and says so to nobody but the
   * kernel's log. Source: kernel `fs/overlayfs/super.c`, ovl_make_workdir.
   */
  private requireWritable(containerId: string, target: string): void {
    if (existsSync(join(this.containerDirectory(containerId), 'work/work'))) return;
    unmount(target);
    throw new EngineError('out-of-space', `mount overlay ${target}: no space left on device`);
  }

  /**
   * overlayfs leaves a mark in the work directory of a volatile mount and refuses to mount that one
   * again, since a crash in between may have lost data. Here nobody counts on the data.
   */
  private forgetVolatile(containerId: string): void {
    const mark = join(this.containerDirectory(containerId), 'work/work/incompat');
    if (existsSync(mark)) rmSync(mark, { recursive: true, force: true });
  }

  private directoryOf(diffId: Digest): string {
    this.pathOf(diffId);
    return (this.snapshots.get(diffId) as SnapshotRecord).directory;
  }

  /** overlayfs needs one lower directory at least. */
  private emptyLayer(name: 'empty' | 'none' = 'empty'): string {
    mkdirSync(join(this.layersRoot, name), { recursive: true, mode: 0o755 });
    return name;
  }

  /** A path of under 20 bytes to the same directory, however long its own is. */
  private shortPath(directory: string): string {
    let fd = this.rootFds.get(directory);
    if (fd === undefined) {
      fd = openSync(directory, 'r');
      this.rootFds.set(directory, fd);
    }
    return `/proc/self/fd/${fd}`;
  }

  async unmount(containerId: string): Promise<void> {
    const target = join(this.containerDirectory(containerId), 'rootfs');
    try {
      if (this.views.keep(containerId, target)) unmount(target);
      else if (this.volatile.delete(containerId)) unmount(target);
      else await unmountAside(target);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'EINVAL' || errno === 'ENOENT') return;
      // A process outside the container may still have a file open there; it loses the name only.
      if (errno !== 'EBUSY') throw error;
      await unmountAside(target, MNT.DETACH);
    }
  }

  async removeWritable(containerId: string): Promise<void> {
    await this.unmount(containerId);
    await removeTree(this.containerDirectory(containerId));
  }

  listWritable(): string[] {
    return readdirSync(this.containersRoot);
  }

  openView(containerId: string, layers: readonly Digest[], options?: MountOptions): RootfsView {
    const place = join(this.containerDirectory(containerId), 'rootfs');
    const wasMounted = isMountPoint(place);
    if (!wasMounted) this.mount(containerId, layers, options);
    const tree = this.views.open(containerId, place);
    // A thread that unmounts may have come in between: this is the bare directory then.
    if (fstatSync(tree).dev === statSync(this.containersRoot).dev) {
      this.views.close(containerId, tree);
      return this.openView(containerId, layers, options);
    }
    if (!wasMounted && this.views.keep(containerId, place)) unmount(place);
    return { tree, place, [Symbol.dispose]: () => this.views.close(containerId, tree) };
  }

  writableOf(containerId: string, layers: readonly Digest[]): WritableLayer {
    return {
      directory: this.containerDirectory(containerId),
      lowerOptions: layers.length === 0 ? undefined : this.lowerOptionsOf(layers),
    };
  }

  lowerOptionsOf(layers: readonly Digest[]): string {
    const names = layers.map((diffId) => this.directoryOf(diffId));
    // Without an upper directory overlayfs wants two lower ones.
    const lowest = names.length === 0 ? (['none', 'empty'] as const) : (['empty'] as const);
    return lowerOptions({
      layers: [...lowest.map((name) => this.emptyLayer(name)), ...names],
      layersRoot: this.layersRoot,
      shortLayersRoot: () => this.shortPath(this.layersRoot),
    });
  }

  async recover(): Promise<void> {
    for (const [diffId, record] of this.snapshots)
      if (!existsSync(join(this.layersRoot, record.directory))) this.forget(diffId);
    for (const path of this.listLeftovers()) await this.drop(basename(path));
  }

  listLeftovers(): string[] {
    const named = new Set([...this.snapshots.values()].map((record) => record.directory));
    return readdirSync(this.layersRoot)
      .filter(
        (name) =>
          !['empty', 'none'].includes(name) &&
          !named.has(name) &&
          Number(name) < this.nextDirectory,
      )
      .map((name) => join(this.layersRoot, name));
  }

  /** Closes the descriptors behind short paths. Mounts stay. */
  close(): void {
    for (const fd of this.rootFds.values()) closeSync(fd);
    this.rootFds.clear();
  }

  private containerDirectory(containerId: string): string {
    if (!CONTAINER_ID.test(containerId) || containerId.startsWith('.'))
      throw new EngineError('invalid-argument', `not a container id: ${containerId}`);
    return join(this.containersRoot, containerId);
  }
}

/** Random for each boot. Source: random(4), boot_id. */
function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}

function isOnByDefault(feature: string): boolean {
  try {
    return readFileSync(`/sys/module/overlay/parameters/${feature}`, 'latin1').startsWith('Y');
  } catch {
    return false; // a kernel without it
  }
}

/** False where the kernel does not know the option (before 5.10). */
function mountVolatile(target: string, data: string): boolean {
  try {
    mount({ source: 'overlay', target, type: 'overlay', data: `${data},volatile` });
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EINVAL') return false;
    throw error;
  }
}

/** A mount point lies on another device than its parent. */
function isMountPoint(path: string): boolean {
  return statSync(path).dev !== statSync(join(path, '..')).dev;
}
