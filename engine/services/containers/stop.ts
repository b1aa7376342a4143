/** Stopping a container: its stop signal, time to react, then SIGKILL. */
import { EngineError, hasCode } from '../../contract/errors.ts';
import { parseSignal, SIGKILL } from '../../formats/signals.ts';
import { cancelRestart } from './cancel-restart.ts';
import { publish, type ContainerContext } from './context.ts';
import { KILL_GRACE_MS, sendSignal, stopSignalOf } from './kill.ts';
import type { LiveContainer } from './live-container.ts';
import { requireCanStop } from './state.ts';
import { waitForExit, within } from './wait.ts';

export interface StopOptions {
  /** Empty: the container's own. */
  readonly signal: string;
  /** Negative waits for ever; undefined is the container's own, 10 by default. */
  readonly timeoutSeconds: number | undefined;
}

const DEFAULT_TIMEOUT_SECONDS = 10;

/** `not-modified` when it does not run. Resolves when it has ended. */
export async function stopContainer(
  context: ContainerContext,
  container: LiveContainer,
  options: StopOptions,
): Promise<void> {
  requireCanStop(container.state);
  const signal = options.signal === '' ? stopSignalOf(container) : parseSignal(options.signal);
  if (!container.restarting || !(await cancelRestart(context, container))) {
    context.store.setState(container, { stoppedByUser: true });
    const timeout =
      options.timeoutSeconds ?? container.config.StopTimeout ?? DEFAULT_TIMEOUT_SECONDS;
    await endProcess(context, container, signal, timeout < 0 ? Infinity : timeout * 1000);
  }
  publish(context, container, 'stop');
}

/** Has the process end, by force after the time. Throws when it does not even then. */
export async function endProcess(
  context: ContainerContext,
  container: LiveContainer,
  signal: number,
  timeoutMs: number,
): Promise<void> {
  const ended = waitForExit(container);
  await signalIfAlive(context, container, signal);
  if (await within(ended, timeoutMs)) return;
  await signalIfAlive(context, container, SIGKILL);
  if (await within(ended, KILL_GRACE_MS)) return;
  throw new EngineError(
    'internal',
    `container ${container.name}: tried to kill container, but did not receive an exit event`,
  );
}

/** It may end by itself at any moment. */
async function signalIfAlive(
  context: ContainerContext,
  container: LiveContainer,
  signal: number,
): Promise<void> {
  try {
    await sendSignal(context, container, signal);
  } catch (error) {
    if (!hasCode(error, 'conflict')) throw error;
  }
}
