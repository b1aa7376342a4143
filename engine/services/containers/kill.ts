/** Signals to a container's first process. */
import { parseSignal, SIGKILL, SIGTERM } from '../../formats/signals.ts';
import { EngineError } from '../../contract/errors.ts';
import { publish, type ContainerContext } from './context.ts';
import type { LiveContainer } from './live-container.ts';
import { requireCanKill } from './state.ts';

/** `signal` by name or number; empty is SIGKILL. */
export async function killContainer(
  context: ContainerContext,
  container: LiveContainer,
  signal: string,
): Promise<void> {
  const number = signal === '' ? SIGKILL : parseSignal(signal);
  requireCanKill(container.state, container.id, container.name);
  // These end it for good: its restart policy does not bring it back.
  if (number === SIGKILL || number === stopSignalOf(container))
    context.store.setState(container, { stoppedByUser: true });
  await sendSignal(context, container, number);
}

/** Sends and announces it; a paused container goes on, so that it can notice. */
export async function sendSignal(
  context: ContainerContext,
  container: LiveContainer,
  signal: number,
): Promise<void> {
  const { process, runtime } = container.state;
  if (process === undefined || !context.monitor.signal(process.container, signal))
    throw new EngineError(
      'conflict',
      `cannot kill container: ${container.name}: container ${container.id} is not running`,
    );
  publish(context, container, 'kill', { signal: String(signal) });
  if (container.paused) {
    await context.runtimes.find(runtime ?? '').resume(container.id);
    // It may have ended meanwhile.
    if (container.paused) context.store.setState(container, { status: 'running' });
  }
}

export function stopSignalOf({ config }: LiveContainer): number {
  return config.StopSignal ? parseSignal(config.StopSignal) : SIGTERM;
}
