/**
 * The folder where downloads of the tests live between runs: `$XDG_CACHE_HOME/gantry`. Everything in
 * it can be deleted at any time; what is missing is fetched again.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export function cacheFolder(...parts: string[]): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'gantry', ...parts);
}

/**
 * The folder at `path`, filled by `fill` when it is not there yet. It appears in one step, so two
 * test runs that fill it at once end with one of the two, whole.
 */
export async function cachedFolder(
  path: string,
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  if (existsSync(path)) return path;
  const unfinished = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
  mkdirSync(unfinished, { recursive: true });
  try {
    await fill(unfinished);
    renameSync(unfinished, path);
  } catch (error) {
    if (!existsSync(path)) throw error; // the other run was first, ours is not needed
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return path;
}
