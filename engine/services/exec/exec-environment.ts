/**
 * The environment of an exec'd program. Pure.
 * Source: moby `container/env.go` (ReplaceOrAppendEnvVars) and `CreateDaemonEnvironment`.
 */
import type { ContainerConfig } from '../../contract/containers.ts';

const DEFAULT_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The container's variables under those of the exec, over `more`. The `HOME` of users that are listed
 * is left to the runtime.
 */
export function execEnvironment(
  config: Pick<ContainerConfig, 'Env' | 'Hostname'>,
  execEnv: readonly string[],
  hasTerminal: boolean,
  more: readonly string[] = [],
): string[] {
  const own = [
    ...[DEFAULT_PATH, `HOSTNAME=${config.Hostname}`, ...(hasTerminal ? ['TERM=xterm'] : [])],
    ...more,
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
