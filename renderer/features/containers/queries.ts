/** What is asked of a container only while it is open; the watch stream says when to ask again. */
import { queryOptions } from '@tanstack/react-query';
import type { WatchedContainer } from '../../../electron/ipc/contract.ts';
import type { Bridge } from '../../bridge/bridge.ts';

export function containerInspectQuery(bridge: Bridge, container: WatchedContainer) {
  const { Id: id, Names, State, StartedAt, FinishedAt, Health, RestartCount } = container;
  return queryOptions({
    queryKey: ['container', id, Names[0], State, StartedAt, FinishedAt, Health, RestartCount],
    queryFn: () => bridge.call('container.inspect', { id }),
  });
}

/** Shells do not change while a container runs. */
export function shellsQuery(bridge: Bridge, container: WatchedContainer) {
  const { Id: id, StartedAt } = container;
  return queryOptions({
    queryKey: ['shells', id, StartedAt],
    queryFn: () => bridge.call('container.shells', { id }),
  });
}
