/** Reads files of /proc and /sys, of which a sample needs a dozen: one buffer, no stat. */
import { closeSync, openSync, readSync } from 'node:fs';

/** More than any of these files has, but for `/proc/stat`, whose rest nobody asks for. */
const buffer = Buffer.allocUnsafeSlow(64 << 10);

/** Undefined when it is not there, or its owner went away while it was read. */
export function readSmallFile(path: string): string | undefined {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    return buffer.toString('latin1', 0, readSync(fd, buffer, 0, buffer.length, 0));
  } catch {
    return undefined;
  } finally {
    closeSync(fd);
  }
}
