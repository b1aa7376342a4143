/**
 * Removing a directory with all in it, however much, as one call on a thread of its own: the main loop
 * is neither held up nor asked for each file. libc walks the tree and calls its own remove(3), so no
 * JavaScript runs in between. Mount points below are never entered. Sources: nftw(3), remove(3).
 */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
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

/** Symlinks as they are, one file system, directories after their content. */
const FLAGS = 1 | 2 | 8;
const OPEN_DIRECTORIES_MAX = 32;

let removeFunction: unknown;

/** Absent is no error. */
export async function removeTree(path: string): Promise<void> {
  if (!existsSync(path)) return;
  removeFunction ??= libc('void *dlsym(void *handle, const char *name)')(null, 'remove');
  const walk = libc(
    'int nftw(const char *path, void *visit, int openMax, int flags)',
  ) as unknown as AsyncCall;
  const result = await new Promise<number>((resolve, reject) =>
    walk.async(path, removeFunction, OPEN_DIRECTORIES_MAX, FLAGS, (failure, value) =>
      failure ? reject(failure) : resolve(value),
    ),
  );
  // Something could not be removed, or came meanwhile: tried again, and what is wrong is told.
  if (result !== 0) await rm(path, { recursive: true, force: true, maxRetries: 3 });
}
