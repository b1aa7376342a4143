/**
 * Whether and when a container that ended is started again. Pure.
 * Source: moby `daemon/restartmanager`; Docker manual, "Start containers automatically".
 */
import type { RestartPolicy } from '../../contract/containers.ts';
import type { ContainerState } from './container-record.ts';

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 60_000;
/** A run of this length begins the delays anew. */
const LONG_RUN_MS = 10_000;

export function shouldRestart(
  policy: RestartPolicy,
  state: Pick<ContainerState, 'exitCode' | 'stoppedByUser' | 'restartCount'>,
): boolean {
  if (state.stoppedByUser) return false;
  const { Name: name, MaximumRetryCount: most } = policy;
  if (name === 'always' || name === 'unless-stopped') return true;
  return name === 'on-failure' && state.exitCode !== 0 && (most === 0 || state.restartCount < most);
}

/** When the engine comes up: a container that was stopped stays so, `always` does not. */
export function shouldStartWithEngine(
  policy: RestartPolicy,
  state: Pick<ContainerState, 'exitCode' | 'stoppedByUser' | 'restartCount' | 'startedAt'>,
): boolean {
  if (state.startedAt === '') return false;
  if (policy.Name === 'always') return true;
  return shouldRestart(policy, state);
}

/** The delay before the next start; `previousMs` is 0 at first. */
export function restartDelayMs(previousMs: number, ranMs: number): number {
  if (previousMs === 0 || ranMs >= LONG_RUN_MS) return FIRST_DELAY_MS;
  return Math.min(previousMs * 2, LONGEST_DELAY_MS);
}
