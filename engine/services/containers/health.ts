/** What probing found, on a container's record. */
import type { HealthRecord } from '../health/health-record.ts';
import { publish, type ContainerContext } from './context.ts';
import type { LiveContainer } from './live-container.ts';

export function recordHealth(
  context: ContainerContext,
  container: LiveContainer,
  health: HealthRecord,
): void {
  const before = container.state.health?.status;
  context.store.setState(container, { health });
  if (before !== health.status) publish(context, container, `health_status: ${health.status}`);
}
