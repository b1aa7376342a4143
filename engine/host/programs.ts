/** Finding the programs the engine drives, where Linux distributions put them. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../contract/errors.ts';
import { run } from './processes.ts';

/** Not PATH: the engine may be started by anything, with anything in it. */
const PLACES = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
  '/usr/libexec/podman',
  '/usr/lib/podman',
];

/** Absolute path of a program, or undefined. */
export function findProgram(name: string): string | undefined {
  return PLACES.map((place) => join(place, name)).find(isExecutable);
}

/** Throws `unavailable` and says which Debian package has it. */
export function requireProgram(name: string, debianPackage: string): string {
  const found = findProgram(name);
  if (found !== undefined) return found;
  throw new EngineError(
    'unavailable',
    `${name} is not installed: apt-get install ${debianPackage}`,
  );
}

/** First line of what a program says to `--version`, or empty. */
export async function versionOf(program: string): Promise<string> {
  const said = await run(program, ['--version']).catch(() => '');
  return said.split('\n', 1)[0] ?? '';
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
