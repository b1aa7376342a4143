/** Stopping a container: its stop signal, time to react, then SIGKILL. */
import { hasCode } from '../../contract/errors.ts';
import { parseSignal, SIGKILL } from '../../formats/signals.ts';
import { publish, type ContainerContext } from './context.ts';
import { sendSignal, stopSignalOf } from './kill.ts';
import type { LiveContainer } from './live-container.ts';
import { hasProcess, requireCanStop } from './state.ts';

export interface StopOptions {
  /** Empty: the container's own. */
  readonly signal: string;
  /** Negative waits for ever; undefined is the container's own, 10 by default. */
  readonly timeoutSeconds: number | undefined;
}

const DEFAULT_TIMEOUT_SECONDS = 10;
/** After SIGKILL only the kernel can be late. */
const KILL_GRACE_MS = 10_000;

/** `not-modified` when it does not run. Resolves when it has ended. */
export async function stopContainer(
  context: ContainerContext,
  container: LiveContainer,
  options: StopOptions,
): Promise<void> {
  requireCanStop(container.state);
  const signal = options.signal === '' ? stopSignalOf(container) : parseSignal(options.signal);
  context.store.setState(container, { stoppedByUser: true });
  clearTimeout(container.restartTimer);
  if (container.state.status === 'restarting') {
    context.store.setState(container, { status: 'exited' });
  } else {
    const timeout =
      options.timeoutSeconds ?? container.config.StopTimeout ?? DEFAULT_TIMEOUT_SECONDS;
    await endProcess(context, container, signal, timeout < 0 ? Infinity : timeout * 1000);
  }
  publish(context, container, 'stop');
}

/** Has the process end, by force after the time. */
export async function endProcess(
  context: ContainerContext,
  container: LiveContainer,
  signal: number,
  timeoutMs: number,
): Promise<void> {
  const ended = awaitExit(container);
  await signalIfAlive(context, container, signal);
  if (await within(ended, timeoutMs)) return;
  await signalIfAlive(context, container, SIGKILL);
  if (await within(ended, KILL_GRACE_MS)) return;
  context.warn(`container ${container.name} did not end on SIGKILL`);
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

function awaitExit(container: LiveContainer): Promise<void> {
  if (!hasProcess(container.state)) return Promise.resolve();
  return new Promise((resolve) => container.whenReached('next-exit', () => resolve()));
}

/** True when the promise resolved in time. */
async function within(promise: Promise<void>, timeoutMs: number): Promise<boolean> {
  if (timeoutMs === Infinity) return promise.then(() => true);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
