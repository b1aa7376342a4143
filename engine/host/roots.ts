/**
 * The engine's two directories: data (kept) and run state (gone with a reboot). One engine has each
 * to itself: a second one that names either is refused.
 */
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../contract/errors.ts';
import { errnoOf } from './errno.ts';
import { lockFile } from './system-calls.ts';

export interface Roots {
  /** Lets go of both directories and removes the pid file. */
  release(): void;
}

/**
 * Creates the directories (0711 data, since container users traverse it; 0711 run), locks them, and
 * writes the pid file. Throws `conflict` naming the directory another engine holds.
 */
export function claimRoots(dataRoot: string, execRoot: string, pidFile: string): Roots {
  const locks = [dataRoot, execRoot].map((directory) => {
    mkdirSync(directory, { recursive: true, mode: 0o711 });
    return claim(directory);
  });
  writeFileSync(pidFile, `${process.pid}\n`);
  return {
    release() {
      rmSync(pidFile, { force: true });
      for (const lock of locks) closeSync(lock);
    },
  };
}

function claim(directory: string): number {
  const lock = openSync(join(directory, 'lock'), 'a', 0o600);
  try {
    lockFile(lock);
    return lock;
  } catch (error) {
    closeSync(lock);
    if (errnoOf(error) === 'EAGAIN' || errnoOf(error) === 'EWOULDBLOCK')
      throw new EngineError('conflict', `another engine is using ${directory}`);
    throw error;
  }
}
