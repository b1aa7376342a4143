/**
 * Removing a directory with all in it, without holding up the main loop. The few files of a container
 * that did little are one call on a thread, in which libc walks the tree and calls its own remove(3);
 * handing each file to a thread would cost several times the work itself. That walk recurses on a
 * stack of 256 KiB, so it is for small trees only: a container may leave folders a thousand deep.
 * Mount points below are never entered by it. Sources: nftw(3), remove(3).
 */
import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { callAside } from './aside.ts';
import { errnoOf } from './errno.ts';
import { run } from './processes.ts';
import { libc } from './system-calls.ts';

interface AsyncCall {
  async(
    path: string,
    visit: unknown,
    openMax: number,
    flags: number,
    done: (failure: Error | null, result: number) => void,
  ): void;
}

const SMALL = { entries: 64, depth: 12 };
/** Symlinks as they are, one file system, directories after their content. */
const FLAGS = 1 | 2 | 8;
const OPEN_DIRECTORIES_MAX = 16;

let removeFunction: unknown;

/** Absent is no error. */
export async function removeTree(path: string): Promise<void> {
  if (isSmall(path) && (await removeSmall(path))) return;
  try {
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    if (errnoOf(error) !== 'ENAMETOOLONG') throw error;
    // Nested deeper than a path can say; coreutils descends step by step.
    await run('rm', ['-rf', '--one-file-system', '--', path]);
  }
}

/** False when something could not be removed. */
async function removeSmall(path: string): Promise<boolean> {
  removeFunction ??= libc('void *dlsym(void *handle, const char *name)')(null, 'remove');
  const walk = libc(
    'int nftw(const char *path, void *visit, int openMax, int flags)',
  ) as unknown as AsyncCall;
  const result = await callAside((done) =>
    walk.async(path, removeFunction, OPEN_DIRECTORIES_MAX, FLAGS, done),
  );
  return result === 0;
}

function isSmall(path: string): boolean {
  let entries = 0;
  const look = (directory: string, depth: number): boolean => {
    if (depth > SMALL.depth) return false;
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (++entries > SMALL.entries) return false;
      if (entry.isDirectory() && !look(join(directory, entry.name), depth + 1)) return false;
    }
    return true;
  };
  try {
    return look(path, 0);
  } catch (error) {
    // Absent: rm() takes that as done, without a walk.
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
