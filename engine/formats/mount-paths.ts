/** Paths that mounts name. Pure. Source: moby `volume/mounts/linux_parser.go`. */
import { EngineError } from '../contract/errors.ts';

/** The path, clean. Throws `invalid-argument` for `/` and for a relative one. */
export function checkDestination(path: string): string {
  if (cleanPath(path) === '/' && path.startsWith('/'))
    throw new EngineError('invalid-argument', "invalid specification: destination can't be '/'");
  return requireAbsolute(path);
}

/** The path, clean. */
export function requireAbsolute(path: string): string {
  if (path.startsWith('/')) return cleanPath(path);
  throw new EngineError(
    'invalid-argument',
    `invalid mount path: '${path}' mount path must be absolute`,
  );
}

/** `/a//b/../c/` → `/a/c`; the path is absolute. Source: Go `path.Clean`. */
export function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** True for a relative path that stays where it begins. Source: Go `filepath.IsLocal`. */
export function isLocalPath(path: string): boolean {
  if (path === '' || path.startsWith('/')) return false;
  let depth = 0;
  for (const part of path.split('/')) {
    if (part === '..') depth--;
    else if (part !== '' && part !== '.') depth++;
    if (depth < 0) return false;
  }
  return true;
}
