/** The directory of execs as it is found: files come and go while it is read. */
import { readdirSync, readFileSync } from 'node:fs';

/** Empty for a directory that is not there. */
export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** Empty for a file that is not there, or not any more. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
