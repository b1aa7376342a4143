/** Starting a container again: by its policy after a delay, or because somebody asked. */
import { messageOf } from '../../contract/errors.ts';
import { publish, type ContainerContext } from './context.ts';
import type { LiveContainer } from './live-container.ts';
import { removeContainer } from './remove.ts';
import { bringUp, startContainer } from './start.ts';
import { isRunning } from './state.ts';
import { stopContainer, type StopOptions } from './stop.ts';

/** Starts the container when its delay is over, unless somebody did or stopped it. */
export function scheduleRestart(context: ContainerContext, container: LiveContainer): void {
  container.restartTimer = setTimeout(() => {
    const restarting = container.exclusively(async () => {
      // An engine that stops leaves it to the next one.
      if (container.state.status !== 'restarting' || context.closing.aborted) return;
      await restartNow(context, container);
    });
    context.inBackground(`restart of container ${container.name}`, restarting);
  }, container.restartDelayMs);
}

/** For the caller who holds the container's lock. */
export async function restartNow(
  context: ContainerContext,
  container: LiveContainer,
): Promise<void> {
  const { restartCount } = container.state;
  try {
    await bringUp(context, container, { restartCount, stoppedByUser: false });
  } catch (error) {
    // As Docker: a start that cannot work is not tried for ever.
    context.warn(`container ${container.name} could not be restarted: ${messageOf(error)}`);
    if (container.hostConfig.AutoRemove)
      await removeContainer(context, container, { removeVolumes: true });
  }
}

/** Stops it where it runs, then starts it. */
export async function restartContainer(
  context: ContainerContext,
  container: LiveContainer,
  options: StopOptions,
): Promise<void> {
  container.isKept = true;
  try {
    if (isRunning(container.state)) await stopContainer(context, container, options);
    await startContainer(context, container);
  } finally {
    container.isKept = false;
  }
  publish(context, container, 'restart');
}
