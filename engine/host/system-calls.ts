/**
 * The only door to system calls that Node does not have. Every function is synchronous, runs on the
 * calling thread, and throws `SystemCallError` naming the call, its subject and the errno.
 * Sources: the Linux man pages of section 2 by the same names.
 */
import { createRequire } from 'node:module';
import type koffiTypes from 'koffi';
import { errnoName, SystemCallError } from './errno.ts';

type Koffi = typeof koffiTypes;
type NativeCall = (...args: unknown[]) => unknown;

// koffi and its libc bindings load on first use: a client that imports a type pays nothing.
let koffi: Koffi | undefined;
const bound = new Map<string, NativeCall>();

/** A function of the C library by its C prototype, for the modules beside this one. */
export function libc(signature: string): NativeCall {
  let call = bound.get(signature);
  if (call === undefined) {
    koffi ??= createRequire(import.meta.url)('koffi') as Koffi;
    call = koffi.load('libc.so.6').func(signature);
    bound.set(signature, call);
  }
  return call;
}

/** Passes a result on; -1 throws what errno says. To be called right after the call itself. */
export function check(result: number, call: string, subject: string): number {
  if (result === -1) throw new SystemCallError(call, subject, errnoName((koffi as Koffi).errno()));
  return result;
}

/** Flags of mount(2). */
export const MS = {
  RDONLY: 1,
  NOSUID: 2,
  NODEV: 4,
  NOEXEC: 8,
  REMOUNT: 32,
  BIND: 4096,
  REC: 16384,
  UNBINDABLE: 1 << 17,
  PRIVATE: 1 << 18,
  SLAVE: 1 << 19,
  SHARED: 1 << 20,
} as const;

/** Flags of umount2(2). */
export const MNT = { FORCE: 1, DETACH: 2, EXPIRE: 4 } as const;

/** Namespace flags of setns(2) and unshare(2). */
export const CLONE = {
  NEWNS: 0x00020000,
  NEWNET: 0x40000000,
  FS: 0x00000200,
} as const;

export interface MountOptions {
  readonly source: string;
  readonly target: string;
  readonly type?: string;
  readonly flags?: number;
  readonly data?: string;
}

/** Mounts; `data` is at most one page (4096 bytes), a kernel limit. */
export function mount(options: MountOptions): void {
  const call = libc(
    'int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)',
  );
  const { source, target, type, flags = 0, data } = options;
  check(call(source, target, type ?? null, flags, data ?? null) as number, 'mount', target);
}

/** Unmounts `target`; not mounted is EINVAL, absent is ENOENT. */
export function unmount(target: string, flags: number = 0): void {
  check(
    libc('int umount2(const char *target, int flags)')(target, flags) as number,
    'umount',
    target,
  );
}

/** Creates a device node, FIFO or (0/0) overlay whiteout. `mode` carries the S_IF type bits. */
export function makeNode(path: string, mode: number, major: number, minor: number): void {
  const call = libc('int mknod(const char *path, unsigned int mode, uint64_t dev)');
  check(call(path, mode, deviceNumber(major, minor)) as number, 'mknod', path);
}

/** `dev_t` of a device. Source: makedev(3). */
export function deviceNumber(major: number, minor: number): bigint {
  return (
    (BigInt(major & 0xfff) << 8n) |
    BigInt(minor & 0xff) |
    (BigInt(minor & ~0xff) << 12n) |
    (BigInt(major & ~0xfff) << 32n)
  );
}

/** Sets an extended attribute on the path itself, not on what a symlink points at. */
export function setAttribute(path: string, name: string, value: Buffer): void {
  const call = libc(
    'int lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags)',
  );
  check(call(path, name, value, value.length, 0) as number, 'lsetxattr', `${path} ${name}`);
}

/** The value of an extended attribute of the path itself, or undefined where there is none. */
export function getAttribute(path: string, name: string): Buffer | undefined {
  const call = libc(
    'intptr_t lgetxattr(const char *path, const char *name, _Out_ void *value, size_t size)',
  );
  const value = Buffer.alloc(65536);
  const length = Number(call(path, name, value, value.length));
  if (length >= 0) return value.subarray(0, length);
  const errno = errnoName((koffi as Koffi).errno());
  if (errno === 'ENODATA' || errno === 'EOPNOTSUPP') return undefined;
  throw new SystemCallError('lgetxattr', `${path} ${name}`, errno);
}

/** Names of the extended attributes of the path itself. */
export function listAttributes(path: string): string[] {
  const call = libc('intptr_t llistxattr(const char *path, _Out_ void *list, size_t size)');
  const list = Buffer.alloc(65536);
  const length = Number(call(path, list, list.length));
  if (length > 0) return list.toString('utf8', 0, length - 1).split('\0');
  if (length === 0) return [];
  const errno = errnoName((koffi as Koffi).errno());
  if (errno === 'EOPNOTSUPP') return [];
  throw new SystemCallError('llistxattr', path, errno);
}

/** Moves the calling thread into the namespace behind an open descriptor. */
export function enterNamespace(fd: number, kind: number): void {
  check(libc('int setns(int fd, int nstype)')(fd, kind) as number, 'setns', `fd ${fd}`);
}

/** Gives the calling thread namespaces (or, with CLONE.FS, a root and cwd) of its own. */
export function unshare(flags: number): void {
  check(libc('int unshare(int flags)')(flags) as number, 'unshare', String(flags));
}

/**
 * Takes an exclusive advisory lock without waiting; EWOULDBLOCK means another process holds it.
 * The lock lives as long as the descriptor.
 */
export function lockFile(fd: number): void {
  const LOCK_EX_NB = 2 | 4;
  check(libc('int flock(int fd, int operation)')(fd, LOCK_EX_NB) as number, 'flock', `fd ${fd}`);
}

/** Flushes the file system that holds the descriptor. */
export function syncFileSystem(fd: number): void {
  check(libc('int syncfs(int fd)')(fd) as number, 'syncfs', `fd ${fd}`);
}
