/** Freezing and thawing a container's processes. */
import { healthUnprobed } from '../health/health-record.ts';
import { publish, type ContainerContext } from './context.ts';
import type { LiveContainer } from './live-container.ts';
import { requireCanPause, requireCanUnpause } from './state.ts';

export async function pauseContainer(
  context: ContainerContext,
  container: LiveContainer,
): Promise<void> {
  await container.exclusively(async () => {
    requireCanPause(container.state, container.id);
    await context.runtimes.find(container.state.runtime ?? '').pause(container.id);
    const health = healthUnprobed(container.state.health);
    context.store.setState(container, { status: 'paused', health });
    publish(context, container, 'pause');
  });
}

export async function unpauseContainer(
  context: ContainerContext,
  container: LiveContainer,
): Promise<void> {
  await container.exclusively(async () => {
    requireCanUnpause(container.state, container.id);
    await context.runtimes.find(container.state.runtime ?? '').resume(container.id);
    context.store.setState(container, { status: 'running' });
    publish(context, container, 'unpause');
  });
}
