/** Logs in files beside each container, rotated by renaming. See `drivers/logs.ts`. */
import { closeSync, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError } from '../../contract/errors.ts';
import type { LogBounds, LogStore, StoredLog } from '../logs.ts';
import { FileLog } from './file-log.ts';
import { deleteOldest, openLogFiles, rotatedPaths } from './log-files.ts';

/** How long a writer may take to open its new file. */
const REOPEN_DEADLINE_MS = 5000;
const REOPEN_LOOK_MS = 5;

export class FileLogStore implements LogStore {
  private readonly rotating = new Set<string>();

  open(path: string): StoredLog {
    return new FileLog(path);
  }

  bounds(path: string): LogBounds {
    using log = this.open(path);
    return log.bounds();
  }

  currentBytes(path: string): number | undefined {
    return statSync(path, { throwIfNoEntry: false })?.size;
  }

  async rotate(path: string, maxFiles: number, reopen: () => Promise<void>): Promise<void> {
    if (this.rotating.has(path)) return;
    this.rotating.add(path);
    try {
      // A rotation that was cut off after the rename left the writer on the renamed file: moving on
      // from there would lose nothing, but conmon replaces whatever lies at `path` when it reopens,
      // so nothing may be renamed until it did.
      if (existsSync(path)) moveAside(path);
      await reopen();
      await appears(path);
      deleteOldest(path, maxFiles);
    } finally {
      this.rotating.delete(path);
    }
  }

  remove(path: string): void {
    for (const file of openLogFiles(path)) {
      closeSync(file.fd);
      rmSync(file.path, { force: true });
    }
    rmSync(`${path}.base`, { force: true });
    rmSync(`${path}.base.new`, { force: true });
  }
}

/** `path` → `.1` → `.2` …, from the far end, and only as far as names are taken. Does not yield. */
function moveAside(path: string): void {
  const taken = rotatedPaths(path);
  const run = taken.findIndex((file, index) => file.number !== index + 1);
  const toShift = run === -1 ? taken : taken.slice(0, run);
  for (const file of toShift.toReversed()) renameSync(file.path, `${path}.${file.number + 1}`);
  renameSync(path, `${path}.1`);
}

async function appears(path: string): Promise<void> {
  const deadlineMs = performance.now() + REOPEN_DEADLINE_MS;
  while (!existsSync(path)) {
    if (performance.now() > deadlineMs)
      throw new EngineError('unavailable', `log writer did not reopen ${path}`);
    await sleep(REOPEN_LOOK_MS);
  }
}
