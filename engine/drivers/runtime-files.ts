/**
 * The files of a container on the host: its directory (the log) under the data root, its bundle (all
 * that only a run needs) under the exec root; and looking at files inside a rootfs without being led out of it.
 */
import type { MountEntry } from '../formats/mount-info.ts';
import type { OciDevice } from '../formats/runtime-spec-resources.ts';

export interface EtcFiles {
  readonly hosts: string;
  readonly hostname: string;
  readonly resolvConf: string;
}

export interface RuntimeFiles {
  /** Makes the container's directory; existing is no error. */
  create(containerId: string): void;
  /** Removes directory and bundle. Absent is no error. */
  remove(containerId: string): Promise<void>;
  /** Containers that have a directory or a bundle, for the sweep at start. */
  list(): string[];

  bundleOf(containerId: string): string;
  logOf(containerId: string): string;
  /** Where the three files are while the container runs: in its bundle. */
  etcOf(containerId: string): EtcFiles;

  /** An empty bundle: what an earlier run left there is gone. */
  openBundle(containerId: string): void;
  writeConfig(containerId: string, config: string): void;
  /** True while there is a bundle, pins or shm of a run. */
  hasBundle(containerId: string): boolean;
  /** A fresh tmpfs on the host for the containers that share this one's; its path. */
  makeShm(containerId: string, sizeBytes: number): string;
  shmOf(containerId: string): string;
  /**
   * A path on the host for what is at `path` inside `directory` now, symlinks never leading out of
   * it. It stays the same whatever others change there. Throws `invalid-argument` when it is not there.
   */
  pin(containerId: string, directory: string, path: string): string;
  /**
   * The same for layers: `lowerOptions` are those of a read-only overlay mount, `path` is inside it,
   * empty for all of it.
   */
  pinLayers(containerId: string, lowerOptions: string, path: string): string;
  /** The container has been created: its pins are not needed any more. */
  releasePins(containerId: string): void;
  /** Removes the bundle, pins and shm, since the container does not run. Absent is no error. */
  removeBundle(containerId: string): Promise<void>;

  /** Writes the three files in place, since running containers have them mounted. */
  writeEtc(containerId: string, contents: EtcFiles): void;
  /** Changes the hosts file of a container that runs, in place. */
  editHosts(containerId: string, edit: (text: string) => string): void;

  /** What the host's `ps` prints. Throws `internal` for arguments it refuses, as dockerd does. */
  hostProcesses(psArguments: readonly string[]): Promise<string>;

  /** A file of the host; empty when it cannot be read. */
  readHostFile(path: string): string;
  /** Makes a missing directory of the host for a bind. Existing, of whatever kind, is no error. */
  ensureHostPath(path: string): void;
  /** True when the path lies within the engine's roots, or they within it. */
  overlapsEngine(path: string): boolean;
  /** The mount of the host that holds the path, symlinks followed. Throws `not-found`. */
  mountOf(path: string): MountEntry;
  /** False also when something on the way is no directory. */
  existsOnHost(path: string): boolean;
  isHostDirectory(path: string): boolean;

  /**
   * Path on the host of a path inside a rootfs, every symlink followed within it; what does not
   * exist is taken as written. Only for rootfs whose container does not run.
   */
  resolveInRootfs(rootfsPath: string, path: string): string;
  /** Text of a file inside a rootfs; empty when it is not there or no plain file, cut at 1 MiB. */
  readInRootfs(rootfsPath: string, path: string): string;
  /** Makes a directory inside a rootfs and those above it, 0755 of root. Throws when a file is there. */
  ensureDirectoryInRootfs(rootfsPath: string, path: string): void;
  isDirectoryInRootfs(rootfsPath: string, path: string): boolean;

  /**
   * The device at a path of the host, or those below a directory, to appear at `containerPath`.
   * Throws `invalid-argument` when there is none.
   */
  devicesAt(path: string, containerPath: string): OciDevice[];
  /** Every device of the host's /dev, for privileged containers. */
  hostDevices(): OciDevice[];
  /** Numbers of a block device, for limits. Throws `invalid-argument`. */
  deviceNumbers(path: string): { major: number; minor: number };
}
