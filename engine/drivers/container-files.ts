/**
 * The files of containers, as `docker cp`, `diff`, `export` and `commit` see and change them.
 *
 * Guarantees: no symlink, `..` or link of procfs inside a container leads anywhere but into that
 * container, however often it changes them meanwhile; devices are never opened; what is mounted for a
 * look is seen by nobody else and gone with the engine, even one that was killed. Archives flow as
 * fast as they are taken: a client that stalls holds its own copy up and no other. Memory per copy is
 * bounded. Every promise and stream ends with its signal.
 */
import type { RootfsView, WritableLayer } from './snapshots.ts';

/** A bind mount as a copy sees it. Its own submounts come along where `isRecursive`. */
export interface ViewedMount {
  /** A path on the host, or a read-only overlay mount with these options. */
  readonly source: string | { readonly lowerOptions: string };
  /** Within `source`, resolved there at the moment of mounting; empty for all of it. */
  readonly subpath: string;
  /** Within the container; made where it is missing. */
  readonly destination: string;
  readonly readOnly: boolean;
  readonly isRecursive: boolean;
}

/** A container's file tree: its rootfs with volumes and binds. The caller disposes of the rootfs. */
export interface FileTree {
  readonly rootfs: Pick<RootfsView, 'tree' | 'place'>;
  /** In the order they are to be mounted. Those whose source is missing are left out. */
  readonly mounts: readonly ViewedMount[];
}

export interface PathStat {
  /** Base name of the path as asked for; `.` and `/` for those. */
  readonly name: string;
  readonly sizeBytes: number;
  /** `st_mode`. */
  readonly mode: number;
  readonly mtimeNs: bigint;
  /** Of a symlink: where it leads in the end, or as far as that can be told. Else empty. */
  readonly linkTarget: string;
}

export interface WriteOptions {
  /** A directory is never replaced by something else, nor something else by a directory. */
  readonly keepsKinds: boolean;
  /** `user[:group]` of the container who gets every file; undefined: whom the archive says. */
  readonly owner: string | undefined;
  readonly isRootReadOnly: boolean;
}

/** `modified`, `added`, `deleted` as `docker diff` counts them. */
export type ChangeKind = 0 | 1 | 2;

export interface Change {
  /** Absolute, within the container. */
  readonly path: string;
  readonly kind: ChangeKind;
}

export interface ContainerFiles {
  /**
   * What is at a path. A link at its end is not followed, unless a slash or `/.` comes after it.
   * Throws `not-found` with errno's text, `invalid-argument` when something on the way is no directory.
   */
  stat(tree: FileTree, path: string, signal: AbortSignal): Promise<PathStat>;

  /**
   * As `stat`, and a tar archive of it: entries begin with the base name. Files that go away
   * meanwhile are left out. The archive is to be read to its end or returned.
   */
  read(tree: FileTree, path: string, signal: AbortSignal): Promise<ReadArchive>;

  /**
   * Unpacks a tar archive (plain, gzip, zstd, bzip2, xz) into the directory at `path`, links followed.
   * Throws `not-found`, `invalid-argument` (no directory, no archive, kinds that clash), `forbidden`
   * for read-only places. What was unpacked before a failure stays.
   */
  write(
    tree: FileTree,
    path: string,
    archive: AsyncIterable<Uint8Array>,
    options: WriteOptions,
    signal: AbortSignal,
  ): Promise<void>;

  /** The whole rootfs as a tar archive, without what is mounted in it. */
  exportAll(rootfs: FileTree['rootfs'], signal: AbortSignal): AsyncIterable<Buffer>;

  /** What the container changed, by path; its mount points and the engine's own files left out. */
  changes(layer: WritableLayer, signal: AbortSignal): Promise<Change[]>;

  /** The writable layer as a layer of an image: a tar archive with whiteouts. No entries: no change. */
  layerOf(layer: WritableLayer, signal: AbortSignal): AsyncIterable<Buffer>;

  /** Sum of the file sizes of the writable layer, each file once; directories count nothing. */
  sizeBytes(layer: WritableLayer, signal: AbortSignal): Promise<number>;
}

export interface ReadArchive {
  readonly stat: PathStat;
  readonly bytes: AsyncIterable<Buffer>;
}
