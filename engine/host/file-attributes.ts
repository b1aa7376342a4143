/**
 * Extended attributes and device nodes by paths that are bytes, since file names need not be UTF-8.
 * Nothing here follows a symlink. Sources: listxattr(2), getxattr(2), setxattr(2), mknod(2).
 */
import { errnoOf } from './errno.ts';
import { check, deviceNumber, libc } from './system-calls.ts';

/** The kernel's own limit on the list and on one value. Source: xattr(7). */
const BYTES_MAX = 65536;
const scratch = Buffer.alloc(BYTES_MAX);

/** A path as calls of the C library take it, from a byte string (each character one byte). */
function nativeBytes(path: string): Buffer {
  return Buffer.from(`${path}\0`, 'latin1');
}

/**
 * The attributes of a file for which `isWanted` holds; undefined where there are none, or where the
 * file system has no such thing. `path` is a byte string.
 */
export function readAttributes(
  path: string,
  isWanted: (name: string) => boolean,
): Map<string, Buffer> | undefined {
  const native = nativeBytes(path);
  const list = libc('intptr_t llistxattr(const void *path, _Out_ void *list, size_t size)');
  const length = Number(list(native, scratch, BYTES_MAX));
  if (length <= 0) return undefined;
  const names = scratch
    .toString('latin1', 0, length - 1)
    .split('\0')
    .filter(isWanted);
  if (names.length === 0) return undefined;
  const found = new Map<string, Buffer>();
  for (const name of names) {
    const value = readValue(native, name);
    if (value !== undefined) found.set(name, value);
  }
  return found;
}

/** One attribute of a file, or undefined. `path` is a byte string. */
export function readAttribute(path: string, name: string): Buffer | undefined {
  return readValue(nativeBytes(path), name);
}

function readValue(native: Buffer, name: string): Buffer | undefined {
  const get = libc(
    'intptr_t lgetxattr(const void *path, const void *name, _Out_ void *value, size_t size)',
  );
  const length = Number(get(native, nativeBytes(name), scratch, BYTES_MAX));
  return length < 0 ? undefined : Buffer.from(scratch.subarray(0, length));
}

/**
 * Sets an attribute. One the file system or the machine does not have is left out, as Docker does.
 * `path` and `name` are byte strings.
 */
export function writeAttribute(path: string, name: string, value: Buffer): void {
  const set = libc(
    'int lsetxattr(const void *path, const void *name, const void *value, size_t size, int flags)',
  );
  try {
    const result = set(nativeBytes(path), nativeBytes(name), value, value.length, 0) as number;
    check(result, 'lsetxattr', path);
  } catch (error) {
    if (!['EOPNOTSUPP', 'ENOTSUP', 'EPERM'].includes(errnoOf(error) ?? '')) throw error;
  }
}

/** Creates a device node or FIFO; `mode` carries the S_IF type bits. `path` is a byte string. */
export function makeNodeAt(path: string, mode: number, major: number, minor: number): void {
  const call = libc('int mknod(const void *path, unsigned int mode, uint64_t dev)');
  check(call(nativeBytes(path), mode, deviceNumber(major, minor)) as number, 'mknod', path);
}
