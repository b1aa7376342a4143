/**
 * Tells when a log may have grown or been rotated. It may also wake for nothing, but never misses:
 * a change between two waits ends the next wait at once, and where the kernel grants no inotify
 * watch, or on a file system without, it looks four times a second.
 */
import { watch, type FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';

const POLL_MS = 250;
/** inotify reports every write; the poll is only a guard then. */
const GUARD_MS = 2000;
/** Least time between two wakes, so that a busy log is read in large slices. */
const REST_MS = 4;

export class LogWatch implements Disposable {
  private readonly watcher: FSWatcher | undefined;
  private readonly signal: AbortSignal;
  private isChanged = false;
  private lastWakeMs = 0;
  private resolve: (() => void) | undefined;

  constructor(path: string, signal: AbortSignal) {
    this.signal = signal;
    this.watcher = watchDirectory(path, () => this.wake());
    signal.addEventListener('abort', this.wake, { once: true });
  }

  readonly wake = (): void => {
    this.isChanged = true;
    this.resolve?.();
  };

  /** Resolves once the log may have changed since the last call returned. */
  async changed(): Promise<void> {
    const restMs = this.lastWakeMs + REST_MS - performance.now();
    if (restMs > 0 && !this.signal.aborted) await this.wait(restMs, false);
    if (!this.isChanged) await this.wait(this.watcher === undefined ? POLL_MS : GUARD_MS, true);
    this.isChanged = false;
    this.lastWakeMs = performance.now();
  }

  [Symbol.dispose](): void {
    this.watcher?.close();
    this.signal.removeEventListener('abort', this.wake);
  }

  private wait(ms: number, isWakeable: boolean): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        this.resolve = undefined;
        resolve();
      };
      const timer = setTimeout(finish, ms);
      if (isWakeable) this.resolve = finish;
    });
  }
}

function watchDirectory(path: string, onChange: () => void): FSWatcher | undefined {
  const name = basename(path);
  try {
    const watcher = watch(dirname(path), { persistent: false }, (_kind, changed) => {
      if (changed === null || changed === name) onChange();
    });
    watcher.on('error', () => {}); // the directory went away; the guard sees the end
    return watcher;
  } catch {
    return undefined; // ENOSPC, EMFILE: no watches left; ENOENT: no directory yet
  }
}
