/**
 * What a person asks of containers. Every action shows at once, settles on the engine's word, and
 * rolls back with the engine's message when it is refused.
 */
import type { WatchedContainer } from '../../../electron/ipc/contract.ts';
import { currentRoute, navigate } from '../../app/router.ts';
import { problemOf, type Bridge } from '../../bridge/bridge.ts';
import { dismissToast, showToast } from '../../components/toast-store.ts';
import type { MessageKey } from '../../messages/translate.ts';
import { can, isAlive, nameOf } from './state.ts';
import { isSettled, useContainers, type ContainerVerb } from './store.ts';
import { useContainersView, type RemovalQuestion } from './view-store.ts';

/** How long a removal can be taken back before it is sent. */
const UNDO_MS = 5_000;
/** The watch stream brings the new state right after the reply; past this the click is let go. */
const SETTLE_MS = 3_000;

const FAILURE = {
  start: 'failure.start',
  stop: 'failure.stop',
  restart: 'failure.restart',
  kill: 'failure.kill',
  pause: 'failure.pause',
  unpause: 'failure.unpause',
  remove: 'failure.remove',
} as const satisfies Record<ContainerVerb, MessageKey>;

type SimpleVerb = Exclude<ContainerVerb, 'remove'>;

export class ContainerActions {
  readonly #bridge: Bridge;
  /** Removals whose undo still stands, by the toast that offers it. */
  readonly #undoable = new Map<number, readonly string[]>();

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
  }

  /** Asks for `verb` of every container for which it makes sense. */
  async act(verb: SimpleVerb, ids: readonly string[]): Promise<void> {
    const { byId } = useContainers.getState();
    const able = ids.flatMap((id) => {
      const container = byId.get(id);
      return container && can(verb, container) ? [container] : [];
    });
    await this.#each(verb, able, (id) => this.#bridge.call(`container.${verb}`, { id }));
  }

  /** One key for both: starts what stands still, stops what runs. */
  async toggle(ids: readonly string[]): Promise<void> {
    const { byId } = useContainers.getState();
    const alive = ids.filter((id) => byId.get(id) && isAlive(byId.get(id) as WatchedContainer));
    await (alive.length > 0 ? this.act('stop', alive) : this.act('start', ids));
  }

  /** Stopped containers go at once, with an undo; running ones are asked about where it was clicked. */
  remove(ids: readonly string[], place: RemovalQuestion['place']): void {
    const { byId } = useContainers.getState();
    const present = ids.filter((id) => byId.has(id));
    if (present.length === 0) return;
    if (present.some((id) => isAlive(byId.get(id) as WatchedContainer)))
      useContainersView.setState({ question: { ids: present, place } });
    else this.#removeLater(present);
  }

  async removeNow(ids: readonly string[]): Promise<void> {
    useContainersView.setState({ question: null });
    leaveDetailOf(ids);
    const { byId } = useContainers.getState();
    const present = ids.flatMap((id) => byId.get(id) ?? []);
    await this.#each('remove', present, (id) =>
      this.#bridge.call('container.remove', { id, force: true, volumes: false }),
    );
  }

  /** Sends the removals whose undo still stands: the window is about to close. */
  sendUndoable(): void {
    for (const [toastId, ids] of this.#undoable) {
      dismissToast(toastId);
      void this.#sendRemoval(toastId, ids);
    }
  }

  #removeLater(ids: readonly string[]): void {
    hide(ids, true);
    leaveDetailOf(ids);
    const first = useContainers.getState().byId.get(ids[0] as string);
    const toastId = showToast({
      tone: 'info',
      title: 'toast.removed',
      values: { count: ids.length, name: first ? nameOf(first) : '' },
      lastsMs: UNDO_MS,
      action: {
        label: 'action.undo',
        run: () => {
          this.#undoable.delete(toastId);
          hide(ids, false);
        },
      },
    });
    this.#undoable.set(toastId, ids);
    setTimeout(() => void this.#sendRemoval(toastId, ids), UNDO_MS);
  }

  async #sendRemoval(toastId: number, ids: readonly string[]): Promise<void> {
    if (!this.#undoable.delete(toastId)) return;
    const { byId } = useContainers.getState();
    const present = ids.flatMap((id) => byId.get(id) ?? []);
    await this.#each('remove', present, (id) =>
      this.#bridge.call('container.remove', { id, force: false, volumes: false }),
    );
    hide(ids, false);
  }

  async #each(
    verb: ContainerVerb,
    containers: readonly WatchedContainer[],
    send: (id: string) => Promise<void>,
  ): Promise<void> {
    setPending(verb, containers);
    const results = await Promise.allSettled(
      containers.map(async (container) => {
        try {
          await send(container.Id);
          setTimeout(() => dropPending(container.Id), SETTLE_MS);
        } catch (error) {
          dropPending(container.Id);
          throw error;
        }
      }),
    );
    const failed = results.flatMap((result, index) =>
      result.status === 'rejected' ? [{ container: containers[index], reason: result.reason }] : [],
    );
    if (failed.length === 0) return;
    const [first] = failed;
    showToast({
      tone: 'bad',
      title: FAILURE[verb],
      values: {
        count: failed.length,
        name: first?.container ? nameOf(first.container) : '',
      },
      detail: [...new Set(failed.map(({ reason }) => problemOf(reason)))].join('\n'),
    });
  }
}

/** What is being removed is not worth half the window. */
function leaveDetailOf(ids: readonly string[]): void {
  const route = currentRoute();
  if (route.view === 'containers' && route.id !== undefined && ids.includes(route.id))
    navigate({ view: 'containers' }, { replace: true });
}

function setPending(verb: ContainerVerb, containers: readonly WatchedContainer[]): void {
  useContainers.setState(({ pending, byId }) => {
    const next = new Map(pending);
    for (const { Id, StartedAt } of containers) {
      const action = { verb, startedAt: StartedAt };
      if (!isSettled(action, byId.get(Id))) next.set(Id, action);
    }
    return { pending: next };
  });
}

function dropPending(id: string): void {
  if (!useContainers.getState().pending.has(id)) return;
  useContainers.setState(({ pending }) => {
    const next = new Map(pending);
    next.delete(id);
    return { pending: next };
  });
}

function hide(ids: readonly string[], hidden: boolean): void {
  useContainers.setState((state) => {
    const next = new Set(state.hidden);
    for (const id of ids) {
      if (hidden) next.add(id);
      else next.delete(id);
    }
    return { hidden: next };
  });
}
