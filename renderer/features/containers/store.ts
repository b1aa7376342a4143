/**
 * What the window knows of the containers: the engine's word, and what was asked but not yet
 * confirmed. `applyWatch` keeps the identity of every container that did not change, so only changed
 * rows render again.
 */
import { create } from 'zustand';
import type { WatchChange, WatchedContainer } from '../../../electron/ipc/contract.ts';

export type ContainerVerb = 'start' | 'stop' | 'restart' | 'kill' | 'pause' | 'unpause' | 'remove';

/** A click that shows at once and waits for the engine to say the same. */
export interface PendingAction {
  readonly verb: ContainerVerb;
  /** The container's `StartedAt` at the click: a restart is over when it changes. */
  readonly startedAt: string;
}

export interface ContainersState {
  readonly byId: ReadonlyMap<string, WatchedContainer>;
  readonly pending: ReadonlyMap<string, PendingAction>;
  /** Removals that can still be undone: not shown, not yet sent. */
  readonly hidden: ReadonlySet<string>;
}

export const useContainers = create<ContainersState>(() => ({
  byId: new Map(),
  pending: new Map(),
  hidden: new Set(),
}));

export function useContainer(id: string): WatchedContainer | undefined {
  return useContainers((state) => state.byId.get(id));
}

export function applyWatch(
  state: ContainersState,
  changes: readonly WatchChange[],
): ContainersState {
  const byId = new Map(state.byId);
  const pending = new Map(state.pending);
  let touched = false;
  for (const change of changes) {
    if (change.kind === 'reset') {
      const fresh = new Map(change.containers.map((value) => [value.Id, value]));
      for (const id of byId.keys()) if (!fresh.has(id)) byId.delete(id);
      for (const value of fresh.values())
        byId.set(value.Id, sameOr(state.byId.get(value.Id), value));
    } else if (change.kind === 'container') {
      byId.set(change.value.Id, sameOr(byId.get(change.value.Id), change.value));
    } else if (change.kind === 'container-gone') {
      byId.delete(change.id);
    } else continue;
    touched = true;
  }
  if (!touched) return state;
  for (const [id, action] of pending) if (isSettled(action, byId.get(id))) pending.delete(id);
  const hidden = new Set([...state.hidden].filter((id) => byId.has(id)));
  return { byId, pending, hidden };
}

/** True once the engine's word shows what was asked for. */
export function isSettled(action: PendingAction, container: WatchedContainer | undefined): boolean {
  if (!container) return true;
  switch (action.verb) {
    case 'start':
      return container.State === 'running' || container.StartedAt !== action.startedAt;
    case 'unpause':
      return container.State === 'running';
    case 'stop':
    case 'kill':
      return container.State === 'exited' || container.State === 'dead';
    case 'pause':
      return container.State === 'paused';
    case 'restart':
      return container.StartedAt !== action.startedAt;
    case 'remove':
      return false;
  }
}

function sameOr(known: WatchedContainer | undefined, fresh: WatchedContainer): WatchedContainer {
  return known && JSON.stringify(known) === JSON.stringify(fresh) ? known : fresh;
}
