/**
 * Removing a directory with all in it. The few small files of a container that did little go at once:
 * doing that aside would cost more in hand-overs between threads than the work itself. What is larger
 * is removed aside, so that the main loop is never held up.
 */
import { lstatSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from './errno.ts';

/** Entries removed on the main loop, and the size of a file from which freeing its blocks takes time. */
const ENTRIES_MAX = 48;
const FILE_BYTES_MAX = 4 << 20;

/** Absent is no error. */
export async function removeTree(path: string): Promise<void> {
  if (removeSmall(path, { entries: ENTRIES_MAX })) return;
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
}

/** False when something is left: there is too much of it, or it cannot be removed just now. */
function removeSmall(path: string, budget: { entries: number }): boolean {
  try {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (--budget.entries < 0) return false;
      const child = join(path, entry.name);
      if (entry.isDirectory()) {
        if (!removeSmall(child, budget)) return false;
      } else {
        if (entry.isFile() && lstatSync(child).size > FILE_BYTES_MAX) return false;
        unlinkSync(child);
      }
    }
    rmdirSync(path);
    return true;
  } catch (error) {
    return errnoOf(error) === 'ENOENT';
  }
}
