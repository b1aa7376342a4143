/**
 * A hint to ext4: directories made in this one have nothing to do with each other, so lay each out in
 * a part of the disk of its own. Source: ioctl_iflags(2), FS_TOPDIR_FL.
 */
import { closeSync, openSync } from 'node:fs';
import { libc } from './system-calls.ts';

const GET_FLAGS = 0x8008_6601;
const SET_FLAGS = 0x4008_6602;
const TOPDIR = 0x0002_0000;

/** Spreads what will be made in `directory` over the disk; other file systems are left as they are. */
export function spreadSubdirectories(directory: string): void {
  const ioctl = libc('int ioctl(int fd, unsigned long request, _Inout_ void *flags)');
  const fd = openSync(directory, 'r');
  try {
    const flags = Buffer.alloc(8);
    if (ioctl(fd, GET_FLAGS, flags) !== 0) return; // not a file system with flags
    flags.writeUInt32LE((flags.readUInt32LE(0) | TOPDIR) >>> 0, 0);
    ioctl(fd, SET_FLAGS, flags); // a hint: refused is no harm
  } finally {
    closeSync(fd);
  }
}
