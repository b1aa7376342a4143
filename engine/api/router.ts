/**
 * Finds the route for a method and path. Paths may carry a version prefix (`/v1.43/…`); those under
 * `/gantry/` have none. Pure.
 */
import { EngineError } from '../contract/errors.ts';
import { API_VERSION, MINIMUM_API_VERSION } from '../contract/version.ts';
import type { BoundRoute } from './handler.ts';

export interface Match {
  readonly bound: BoundRoute;
  readonly params: Readonly<Record<string, string>>;
  readonly apiVersion: number;
}

interface CompiledRoute {
  readonly pattern: RegExp;
  readonly names: readonly string[];
  readonly bound: BoundRoute;
}

export class Router {
  private readonly byMethod = new Map<string, CompiledRoute[]>();

  constructor(routes: readonly BoundRoute[]) {
    for (const bound of routes) {
      const compiled = this.byMethod.get(bound.route.method) ?? [];
      compiled.push(compile(bound));
      this.byMethod.set(bound.route.method, compiled);
    }
    // `{name*}` swallows slashes, so patterns with fewer of them are tried first.
    for (const list of this.byMethod.values())
      list.sort((a, b) => wildness(a.bound.route.path) - wildness(b.bound.route.path));
  }

  /**
   * Throws `invalid-argument` for a version outside the range and `not-found` ("page not found")
   * for a path no route has. Source: moby `api/server/middleware/version.go`.
   */
  match(method: string, path: string): Match {
    const { apiVersion, rest } = splitVersion(path);
    for (const { pattern, names, bound } of this.byMethod.get(method) ?? []) {
      const found = pattern.exec(rest);
      if (found === null) continue;
      const values = found.slice(1).map(decode);
      const params = Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']));
      return { bound, params, apiVersion };
    }
    throw new EngineError('not-found', 'page not found');
  }
}

function compile(bound: BoundRoute): CompiledRoute {
  const names: string[] = [];
  const source = bound.route.path
    .split(/(\{\w+\*?\})/)
    .map((part) => {
      const name = /^\{(\w+)(\*?)\}$/.exec(part);
      if (name === null) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      names.push(name[1] ?? '');
      return name[2] === '*' ? '(.+)' : '([^/]+)';
    })
    .join('');
  return { pattern: new RegExp(`^${source}$`), names, bound };
}

function wildness(path: string): number {
  return path.split('{').length - 1 + (path.includes('*}') ? 10 : 0);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new EngineError('invalid-argument', `invalid escape in path: ${text}`);
  }
}

function splitVersion(path: string): { apiVersion: number; rest: string } {
  const found = /^\/v(\d+)\.(\d+)(\/.*)$/.exec(path);
  if (found === null) return { apiVersion: API_VERSION, rest: path };
  const asked = `${found[1]}.${found[2]}`;
  const minor = Number(found[2]) + (Number(found[1]) - 1) * 1000;
  if (minor > API_VERSION)
    throw new EngineError(
      'invalid-argument',
      `client version ${asked} is too new. Maximum supported API version is 1.${API_VERSION}`,
    );
  if (minor < MINIMUM_API_VERSION)
    throw new EngineError(
      'invalid-argument',
      `client version ${asked} is too old. Minimum supported API version is 1.${MINIMUM_API_VERSION}, please upgrade your client to a newer version`,
    );
  return { apiVersion: minor, rest: found[3] ?? '/' };
}
