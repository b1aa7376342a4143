/**
 * `--ulimit`: names, and what becomes of limits above the engine's own. Pure.
 * Sources: getrlimit(2); go-units `ulimit.go`.
 */
import { EngineError } from '../contract/errors.ts';

export interface Ulimit {
  /** `nofile` */
  readonly Name: string;
  /** -1 is unlimited, as in `Hard`. */
  readonly Soft: number;
  readonly Hard: number;
}

export interface Rlimit {
  /** `RLIMIT_NOFILE` */
  readonly type: string;
  readonly soft: number;
  readonly hard: number;
}

const NAMES = new Set([
  ...['core', 'cpu', 'data', 'fsize', 'locks', 'memlock', 'msgqueue', 'nice', 'nofile', 'nproc'],
  ...['rss', 'rtprio', 'rttime', 'sigpending', 'stack', 'as'],
]);
/** RLIM_INFINITY as runtimes read it from JSON. */
const UNLIMITED = 2 ** 64;

/** Throws `invalid-argument` with the texts of the docker CLI, which checks the same way. */
export function checkUlimit({ Name: name, Soft: soft, Hard: hard }: Ulimit): void {
  if (!NAMES.has(name)) throw new EngineError('invalid-argument', `invalid ulimit type: ${name}`);
  if (hard !== -1 && (soft > hard || soft === -1))
    throw new EngineError(
      'invalid-argument',
      `ulimit soft limit must be less than or equal to hard limit: ${soft} > ${hard}`,
    );
}

/**
 * The container's limits over the defaults, each lowered to the engine's own hard limit, which no
 * program can hand on more than; `lowered` says which.
 */
export function planRlimits(
  wishes: readonly Ulimit[],
  defaults: readonly Ulimit[],
  hardLimits: Readonly<Record<string, number>>,
): { readonly rlimits: readonly Rlimit[]; readonly lowered: readonly string[] } {
  const byName = new Map([...defaults, ...wishes].map((limit) => [limit.Name, limit]));
  const lowered: string[] = [];
  const rlimits = [...byName.values()].map(({ Name: name, Soft, Hard }) => {
    const most = hardLimits[name] ?? Infinity;
    const [soft, hard] = [Soft, Hard].map((value) => (value === -1 ? Infinity : value)) as [
      number,
      number,
    ];
    if (hard > most)
      lowered.push(
        `ulimit ${name}=${Soft}:${Hard} is above the engine's own hard limit and is lowered to ${most}`,
      );
    return {
      type: `RLIMIT_${name.toUpperCase()}`,
      soft: finite(Math.min(soft, most)),
      hard: finite(Math.min(hard, most)),
    };
  });
  return { rlimits, lowered };
}

function finite(value: number): number {
  return value === Infinity ? UNLIMITED : value;
}
