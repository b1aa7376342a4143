/**
 * The environment of an exec'd program. Pure.
 * Source: moby `container/env.go` (ReplaceOrAppendEnvVars) and `CreateDaemonEnvironment`.
 */
import type { ContainerConfig } from '../../contract/containers.ts';
import type { ProcessUser } from '../../formats/passwd.ts';
import { homeVariable } from '../../formats/runtime-spec.ts';

const DEFAULT_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The container's variables under those of the exec; `HOME` is left to the runtime, which knows the
 * users that are listed, and given for others.
 */
export function execEnvironment(
  config: Pick<ContainerConfig, 'Env' | 'Hostname'>,
  execEnv: readonly string[],
  hasTerminal: boolean,
  home?: ProcessUser['home'],
): string[] {
  const own = [
    ...[DEFAULT_PATH, `HOSTNAME=${config.Hostname}`, ...(hasTerminal ? ['TERM=xterm'] : [])],
    ...homeVariable(home),
  ];
  return overlay(overlay(own, config.Env ?? []), execEnv);
}

/** A name given again replaces its value in place; a name without `=` takes the variable away. */
function overlay(base: readonly string[], changes: readonly string[]): string[] {
  const variables = new Map(base.map((entry) => [nameOf(entry), entry]));
  for (const entry of changes) {
    if (entry.includes('=')) variables.set(nameOf(entry), entry);
    else variables.delete(entry);
  }
  return [...variables.values()];
}

function nameOf(entry: string): string {
  const mark = entry.indexOf('=');
  return mark === -1 ? entry : entry.slice(0, mark);
}
