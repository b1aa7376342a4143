/**
 * `Snapshotter` on overlayfs. Under one root: `layers/` is what `UnpackedLayers` keeps,
 * `containers/<id>/{upper,work,rootfs}` is a container's.
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
import { join } from 'node:path';
import { EngineError } from '../../contract/errors.ts';
import type { Digest } from '../../formats/digest.ts';
import { errnoOf } from '../../host/errno.ts';
import { removeTree } from '../../host/remove-tree.ts';
import { MNT, mount, unmount } from '../../host/system-calls.ts';
import { unmountAside } from '../../host/unmount.ts';
import type {
  MountOptions,
  RootfsParts,
  RootfsView,
  Snapshotter,
  WritableLayer,
} from '../snapshots.ts';
import type { StateStore } from '../state.ts';
import { lowerOptions, overlayOptions, UNWANTED_FEATURES, upperFirst } from './overlay-mount.ts';
import { RootfsViews } from './rootfs-views.ts';
import { UnpackedLayers } from './unpacked-layers.ts';

const CONTAINER_ID = /^[a-zA-Z0-9_.-]+$/;

export class OverlaySnapshotter extends UnpackedLayers implements Snapshotter {
  private readonly containersRoot: string;
  private readonly rootFds = new Map<string, number>();
  /** Containers mounted without regard for the disk, by this engine. */
  private readonly volatile = new Set<string>();
  private readonly views = new RootfsViews();
  private readonly switchedOff = UNWANTED_FEATURES.filter(isOnByDefault);

  /** `root` is an absolute path on a file system that carries overlay (not overlay itself). */
  constructor(root: string, state: StateStore, bootId?: string) {
    super(join(root, 'layers'), state, bootId);
    this.containersRoot = join(root, 'containers');
    mkdirSync(this.containersRoot, { recursive: true, mode: 0o711 });
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
