/** File systems of a test's own: run state on a tmpfs, as `/run` is, and disks small enough to fill. */
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { mustRun } from './command.ts';

export async function mountRunFolder(path: string): Promise<void> {
  await mkdir(path, { mode: 0o711 });
  await mustRun('mount', ['-t', 'tmpfs', '-o', 'mode=0711', 'tmpfs', path]);
}

/** An ext4 of this size, in a file beside the path; unmounting it ends the loop device as well. */
export async function mountSmallDisk(path: string, megabytes: number): Promise<void> {
  const image = `${path}.img`;
  await mkdir(path, { recursive: true, mode: 0o711 });
  await writeFile(image, '');
  await truncate(image, megabytes << 20);
  await mustRun('mkfs.ext4', ['-q', '-m', '0', image]);
  await mustRun('mount', ['-o', 'loop', image, path]);
}
