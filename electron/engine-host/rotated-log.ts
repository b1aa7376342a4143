/**
 * The engine's log file as whoever starts the engine opens it: appended to, and first moved aside
 * (`.1` to `.KEPT`, the oldest dropped) when it has grown past `ROTATE_AT_BYTES`.
 */
import { mkdir, open, rename, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';

const ROTATE_AT_BYTES = 10 << 20;
const KEPT = 3;

export async function openRotated(logPath: string): Promise<FileHandle> {
  await mkdir(path.dirname(logPath), { recursive: true, mode: 0o755 });
  const size = await stat(logPath).then(
    (found) => found.size,
    () => 0,
  );
  if (size >= ROTATE_AT_BYTES) await rotate(logPath);
  return open(logPath, 'a', 0o640);
}

async function rotate(logPath: string): Promise<void> {
  for (let number = KEPT - 1; number >= 1; number--)
    await rename(`${logPath}.${number}`, `${logPath}.${number + 1}`).catch(() => {}); // not there yet
  await rename(logPath, `${logPath}.1`);
}
