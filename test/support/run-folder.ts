/** Run state of an engine lies on a tmpfs, as `/run` does on the machines of its users. */
import { mkdir } from 'node:fs/promises';
import { mustRun } from './command.ts';

export async function mountRunFolder(path: string): Promise<void> {
  await mkdir(path, { mode: 0o711 });
  await mustRun('mount', ['-t', 'tmpfs', '-o', 'mode=0711', 'tmpfs', path]);
}
