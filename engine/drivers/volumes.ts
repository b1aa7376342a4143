/**
 * Where the data of volumes lies. A *volume directory* is named by its volume and holds the data
 * under `_data`; records of volumes are the service's, so that a directory without a record is
 * found, never lost.
 */

import type { VolumeMount } from '../formats/volume-options.ts';

export interface VolumeStore {
  /** Makes the directory, owned by root, mode 0755; existing is no error. */
  create(name: string): void;

  /**
   * Mounts what its options name on the volume's data directory; mounted already is no error. A
   * failure is `internal` with dockerd's text.
   */
  mount(name: string, wanted: VolumeMount): Promise<void>;

  /** Takes that mount down; not mounted is no error. */
  unmount(name: string): void;

  /** Absolute path of the data, whether it exists or not. */
  pathOf(name: string): string;

  /** Every volume directory, removed ones excluded. */
  list(): string[];

  /** True when there is nothing in the volume. */
  isEmpty(name: string): boolean;

  /**
   * Gone from `list` when this returns, in one step; what it returns deletes the data, or, after a
   * crash, the next `sweep` does. Absent is no error.
   */
  remove(name: string): () => Promise<void>;

  /** Deletes what interrupted removals left; rejects at the end when some of it cannot be. */
  sweep(): Promise<void>;

  /**
   * Gives an empty volume the content of a directory: owners, modes, times, extended attributes,
   * hard links, symlinks as they are, devices, and the directory's own owner and mode. Follows no
   * symlink inside `fromDirectory`, which is the caller's to have resolved within the container.
   */
  copyUp(name: string, fromDirectory: string): Promise<void>;

  /** Sum of the sizes of its files, a hard-linked one once; folders count nothing. */
  sizeBytes(name: string): Promise<number>;
}
