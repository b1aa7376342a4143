/**
 * Unmounting without holding the main loop up. Taking an overlay down writes everything to disk that
 * waits for its upper file system, whoever wrote it: 3 ms on a quiet machine, seconds on a busy one.
 * Source: kernel `fs/overlayfs/super.c`, ovl_sync_fs.
 */
import { callAside } from './aside.ts';
import { libc, unmount } from './system-calls.ts';

interface AsyncCall {
  async(target: string, flags: number, done: (failure: Error | null, result: number) => void): void;
}

/** As `unmount`, on a thread of its own. */
export async function unmountAside(target: string, flags: number = 0): Promise<void> {
  const call = libc('int umount2(const char *target, int flags)') as unknown as AsyncCall;
  const result = await callAside((done) => call.async(target, flags, done));
  // errno belongs to the thread that made the call: asking again here tells what it was.
  if (result === -1) unmount(target, flags);
}
