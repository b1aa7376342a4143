/** What is mounted where on this machine, as this process sees it. Source: proc(5), mountinfo. */
import { readFileSync } from 'node:fs';
import { parseMountInfo } from '../formats/mount-info.ts';
import { MNT, unmount } from './system-calls.ts';

/** True when something is mounted on the directory itself. */
export function isMounted(path: string): boolean {
  return mountPoints().includes(path);
}

/** Takes down every mount at or below a directory. Throws when one stays. */
export function unmountAll(directory: string): void {
  const within = mountPoints().filter(
    (path) => path === directory || path.startsWith(`${directory}/`),
  );
  for (const path of within.toReversed()) unmount(path, MNT.DETACH);
}

function mountPoints(): string[] {
  const entries = parseMountInfo(readFileSync('/proc/self/mountinfo', 'utf8'));
  return entries.map(({ mountPoint }) => mountPoint);
}
