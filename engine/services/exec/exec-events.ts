/** Events of execs: those of their containers, with the exec's id. */
import type { ContainerView } from '../containers/container.ts';
import type { EventBus } from '../events/event-bus.ts';

export function publishExec(
  events: EventBus,
  container: ContainerView,
  action: string,
  execId: string,
  more: Readonly<Record<string, string>> = {},
): void {
  events.publish({
    type: 'container',
    action,
    actorId: container.id,
    attributes: {
      ...container.config.Labels,
      execID: execId,
      image: container.config.Image,
      name: container.name,
      ...more,
    },
  });
}
