/**
 * Unpacked layers and the writable layers of containers.
 *
 * A *snapshot* is one layer unpacked in overlay form, named by its diff ID. It does not depend on
 * the layers below it, so layers unpack side by side and two images that share a diff ID share the
 * snapshot. A *writable layer* belongs to one container and outlives its runs.
 */
import type { Digest } from '../formats/digest.ts';

export interface Snapshotter {
  /** True when the layer is unpacked, whole, and was not interrupted by an unclean boot. */
  has(diffId: Digest): boolean;

  /**
   * As `has`, and looks at the disk: a snapshot whose directory is gone is forgotten. One stat(2).
   */
  isPresent(diffId: Digest): boolean;

  /** Sum of the file sizes in the snapshot, as its archive states them; 0 for one never unpacked. */
  sizeBytes(diffId: Digest): number;

  /** Directory of the snapshot; throws `not-found` unless `has`. For inspection, not for writing. */
  pathOf(diffId: Digest): string;

  /**
   * A fresh private directory to unpack the layer into. `commit` makes it the snapshot in one step
   * (a second committer of the same diff ID loses quietly: its directory is dropped); `abort`
   * removes it. Directories of neither are removed at the engine's next start.
   */
  beginUnpack(): UnpackTarget;

  /** Removes the snapshot and frees its disk. Absent is no error. The caller knows nobody uses it. */
  remove(diffId: Digest): Promise<void>;

  /** Every committed snapshot. */
  list(): Digest[];

  /** Directories of unpacked layers that no record names: what `recover` removes. */
  listLeftovers(): string[];

  /** Records that every snapshot committed until now is on disk; the caller has synced the disk. */
  markDurable(diffIds: readonly Digest[]): void;

  /** Snapshots that an unclean boot would lose. */
  listVolatile(): Digest[];

  /** Creates the container's empty writable layer; existing is a conflict. */
  createWritable(containerId: string): void;

  /**
   * Mounts the container's rootfs, the writable layer over `layers` (lowest first), and returns its
   * path. Mounted already: returns the path again. Synchronous: one mount(2), 0.1 ms.
   */
  mount(containerId: string, layers: readonly Digest[], options?: MountOptions): string;

  /** Where the parts of a container's rootfs are, mounted or not. For inspection. */
  partsOf(containerId: string, layers: readonly Digest[]): RootfsParts;

  /** Unmounts the rootfs; not mounted is no error. May wait for the disk, off the main loop. */
  unmount(containerId: string): Promise<void>;

  /** Unmounts and removes the writable layer. Absent is no error. */
  removeWritable(containerId: string): Promise<void>;

  /** Containers that have a writable layer, for the sweep at start. */
  listWritable(): string[];

  /**
   * The container's rootfs once more, whether it is mounted or not, for a look from elsewhere: the
   * same file system, so both see what the other writes, and a mount or unmount meanwhile changes
   * nothing for either. Synchronous. Nothing of it outlives the engine.
   */
  openView(containerId: string, layers: readonly Digest[], options?: MountOptions): RootfsView;

  /**
   * Options of a read-only overlay mount of `layers` alone, lowest first, which must be unpacked. They
   * may name descriptors of this process.
   */
  lowerOptionsOf(layers: readonly Digest[]): string;

  /** The writable layer and what it lies on. `layers`, lowest first, must be unpacked. */
  writableOf(containerId: string, layers: readonly Digest[]): WritableLayer;

  /** Removes directories without a record and records without a directory. Run once, at start. */
  recover(): Promise<void>;
}

export interface MountOptions {
  /**
   * The writable layer need not survive a crash of the machine, because nobody will ask for it then:
   * nothing waits for the disk, and unmounting takes 0.1 ms instead of 3 or more.
   */
  readonly isVolatile?: boolean;
}

/** Disposing of it gives it back; who attached its tree may go on using that until it is detached. */
export interface RootfsView extends Disposable {
  /** A mount attached nowhere, as a descriptor of this process, to be attached once. */
  readonly tree: number;
  /** A directory to attach it at, in a mount namespace of one's own. */
  readonly place: string;
}

export interface WritableLayer {
  /**
   * Directory that holds the layer's files as `upper`, in overlay form, and an empty directory
   * `rootfs`. Its container may change what is below at any time, symlinks included.
   */
  readonly directory: string;
  /**
   * Options of a read-only overlay mount of all that lies beneath; undefined for an image without
   * layers. They may name descriptors of this process.
   */
  readonly lowerOptions: string | undefined;
}

export interface RootfsParts {
  readonly rootfs: string;
  readonly writable: string;
  readonly work: string;
  /** Uppermost first; without those that are not unpacked. */
  readonly layers: readonly string[];
}

export interface UnpackTarget {
  /** Absolute path of the private directory; its root's mode and owner are those of the layer's root. */
  readonly directory: string;
  commit(diffId: Digest, sizeBytes: number): void;
  abort(): Promise<void>;
}
