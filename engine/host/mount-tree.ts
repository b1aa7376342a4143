/**
 * Mounts as descriptors: made beside the file system, changed, and only then attached to it, or never.
 * What is attached nowhere is gone with its descriptor, whatever happens to the engine.
 * Sources: open_tree(2), move_mount(2), mount_setattr(2), openat2(2). Linux 5.12.
 */
import { check, libc } from './system-calls.ts';

const SYS = { openTree: 428, moveMount: 429, openat2: 437, mountSetattr: 442 } as const;

const AT_FDCWD = -100;
const AT_EMPTY_PATH = 0x1000;
const AT_RECURSIVE = 0x8000;
const OPEN_TREE_CLONE = 1;
const O_CLOEXEC = 0o2000000;
const O_PATH = 0o10000000;
const MOVE_MOUNT_F_EMPTY_PATH = 4;
const MOVE_MOUNT_T_EMPTY_PATH = 0x40;

/** Restrictions of a mount. NO_SYMLINKS also stops the links of procfs that lead out of any root. */
export const MOUNT_ATTRIBUTE = {
  READ_ONLY: 0x01,
  NO_SETUID: 0x02,
  NO_DEVICES: 0x04,
  NO_SYMLINKS: 0x200000,
} as const;

/**
 * Another mount of what is at `path` (symlinks followed), attached nowhere; with its submounts when
 * `recursive`. The caller closes it by `closeTree`.
 */
export function cloneTree(path: string, { recursive = false } = {}): number {
  const flags = OPEN_TREE_CLONE | O_CLOEXEC | (recursive ? AT_RECURSIVE : 0);
  return openTree(AT_FDCWD, path, flags, path);
}

/** As `cloneTree`, of what a descriptor refers to. */
export function cloneTreeOf(fd: number, { recursive = false } = {}): number {
  const flags = OPEN_TREE_CLONE | O_CLOEXEC | AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);
  return openTree(fd, '', flags, `fd ${fd}`);
}

function openTree(at: number, path: string, flags: number, subject: string): number {
  const call = libc('long syscall(long number, int at, const char *path, unsigned int flags)');
  return check(Number(call(SYS.openTree, at, path, flags)), 'open_tree', subject);
}

/** Attaches a tree at a path, or at the directory or file a descriptor refers to. Once for each tree. */
export function attachTree(tree: number, target: string | number): void {
  const call = libc(
    'long syscall(long number, int from, const char *fromPath, int to, const char *toPath, unsigned int flags)',
  );
  const [at, path, flags] =
    typeof target === 'string'
      ? [AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH]
      : [target, '', MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH];
  check(Number(call(SYS.moveMount, tree, '', at, path, flags)), 'move_mount', String(target));
}

/** Adds restrictions to a tree, or to the mount at `path` below it. */
export function restrictTree(
  tree: number,
  attributes: number,
  { recursive = false, path = '' } = {},
): void {
  const call = libc(
    'long syscall(long number, int at, const char *path, unsigned int flags, const void *attributes, size_t size)',
  );
  // struct mount_attr: set, clear, propagation, userns.
  const request = Buffer.alloc(32);
  request.writeBigUInt64LE(BigInt(attributes), 0);
  const flags = (path === '' ? AT_EMPTY_PATH : 0) | (recursive ? AT_RECURSIVE : 0);
  const result = call(SYS.mountSetattr, tree, path, flags, request, request.length);
  check(Number(result), 'mount_setattr', path || `fd ${tree}`);
}

const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_IN_ROOT = 0x10;

/** A descriptor (O_PATH) of what is at `path`, links followed. The caller closes it by `closeTree`. */
export function openPath(path: string): number {
  const open = libc('int open(const char *path, int flags, unsigned int mode)');
  return check(open(path, O_PATH | O_CLOEXEC, 0) as number, 'open', path);
}

/**
 * The same of what is at `path` inside the directory `root`, which may be a place that others change
 * meanwhile: symlinks and `..` never lead out of it.
 */
export function openInside(root: string, path: string): number {
  const rootFd = openPath(root);
  try {
    const call = libc(
      'long syscall(long number, int at, const char *path, const void *how, size_t size)',
    );
    // struct open_how: flags, mode, resolve.
    const how = Buffer.alloc(24);
    how.writeBigUInt64LE(BigInt(O_PATH | O_CLOEXEC), 0);
    how.writeBigUInt64LE(BigInt(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS), 16);
    const result = call(SYS.openat2, rootFd, path, how, how.length);
    return check(Number(result), 'openat2', `${root} ${path}`);
  } finally {
    closeTree(rootFd);
  }
}

/** Closes a descriptor of this module; Node's own close would warn of one it does not know. */
export function closeTree(fd: number): void {
  libc('int close(int fd)')(fd);
}
