/** Signals to a container's first process. */
import { EngineError } from '../../contract/errors.ts';
import { parseSignal, SIGKILL, SIGTERM } from '../../formats/signals.ts';
import { cancelRestart } from './cancel-restart.ts';
import { publish, type ContainerContext } from './context.ts';
import type { LiveContainer } from './live-container.ts';
import { requireCanKill } from './state.ts';
import { waitForExit, within } from './wait.ts';

/** After SIGKILL only the kernel can be late. */
export const KILL_GRACE_MS = 10_000;

/**
 * `signal` by name or number; empty is SIGKILL, which resolves when the container has ended, so that
 * it can be removed at once. Errors are worded for the `name` the client used.
 */
export async function killContainer(
  context: ContainerContext,
  name: string,
  signal: string,
): Promise<void> {
  try {
    const number = signal === '' ? SIGKILL : parseSignal(signal);
    await signalContainer(context, context.store.find(name), number);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError(error.code, `cannot kill container: ${name}: ${error.message}`, {
      cause: error,
    });
  }
}

async function signalContainer(
  context: ContainerContext,
  container: LiveContainer,
  number: number,
): Promise<void> {
  requireCanKill(container.state, container.id);
  // There is no process to signal: what is asked for is that it does not come back.
  if (container.restarting && (await cancelRestart(context, container))) return;
  const ends = isMeantToEnd(container, number);
  // `unless-stopped` takes any signal for a stop.
  if (ends || container.hostConfig.RestartPolicy.Name === 'unless-stopped')
    context.store.setState(container, { stoppedByUser: true });
  const ended = waitForExit(container);
  await sendSignal(context, container, number, { resumes: ends });
  if (number === SIGKILL) await within(ended, KILL_GRACE_MS);
}

/**
 * Its restart policy does not bring it back from these. For a container that names no stop signal any
 * signal may be it. Source: moby `daemon/kill.go`, killWithSignal.
 */
function isMeantToEnd(container: LiveContainer, signal: number): boolean {
  const { StopSignal: stopSignal } = container.config;
  return signal === SIGKILL || !stopSignal || signal === stopSignalOf(container);
}

/** Sends and announces it; a paused container goes on by default, so that it can notice. */
export async function sendSignal(
  context: ContainerContext,
  container: LiveContainer,
  signal: number,
  { resumes = true } = {},
): Promise<void> {
  const { process, runtime } = container.state;
  if (process === undefined || !context.monitor.signal(process.container, signal))
    throw new EngineError('conflict', `container ${container.id} is not running`);
  if (signal === SIGKILL) container.isKilled = true;
  publish(context, container, 'kill', { signal: String(signal) });
  if (!container.paused || !resumes) return;
  await context.runtimes.find(runtime ?? '').resume(container.id);
  if (!container.paused) return; // it ended meanwhile
  context.store.setState(container, { status: 'running' });
  publish(context, container, 'unpause');
}

export function stopSignalOf({ config }: LiveContainer): number {
  return config.StopSignal ? parseSignal(config.StopSignal) : SIGTERM;
}
