/**
 * What a run takes into use and gives back, announced as Docker does: its network and its volumes,
 * before `start` and after `die`. Source: dockerd, observed.
 */
import type { NetworkConfig } from '../../drivers/network.ts';
import type { ResolvedMount } from './container-record.ts';
import type { ContainerContext } from './context.ts';
import type { LiveContainer } from './live-container.ts';

/** `network` is undefined where the container has another one's. */
export function publishRunBegin(
  context: ContainerContext,
  container: LiveContainer,
  network: NetworkConfig | undefined,
): void {
  publishNetwork(context, container, 'connect', network);
  for (const mount of volumesOf(container))
    publishVolume(context, container, 'mount', mount, {
      destination: mount.destination,
      propagation: mount.propagation,
      'read/write': String(!mount.readOnly),
    });
}

export function publishRunEnd(context: ContainerContext, container: LiveContainer): void {
  publishNetwork(context, container, 'disconnect', container.state.network?.request.network);
  for (const mount of volumesOf(container)) publishVolume(context, container, 'unmount', mount);
}

function volumesOf({ definition }: LiveContainer): ResolvedMount[] {
  return definition.mounts.filter(({ volumeName }) => volumeName !== '');
}

function publishNetwork(
  { events }: ContainerContext,
  { id }: LiveContainer,
  action: 'connect' | 'disconnect',
  network: NetworkConfig | undefined,
): void {
  if (network === undefined) return;
  const attributes = { container: id, name: network.name, type: network.driver };
  events.publish({ type: 'network', action, actorId: network.id, attributes });
}

function publishVolume(
  { events }: ContainerContext,
  { id }: LiveContainer,
  action: 'mount' | 'unmount',
  { volumeName }: ResolvedMount,
  more: Readonly<Record<string, string>> = {},
): void {
  const attributes = { container: id, driver: 'local', ...more };
  events.publish({ type: 'volume', action, actorId: volumeName, attributes });
}
