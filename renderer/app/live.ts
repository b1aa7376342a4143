/**
 * Keeps the stores on the host's word: state once, then every event. Changes that arrive within one
 * frame are applied together; a hidden window applies them as they come, since it draws no frames.
 */
import type { WatchChange } from '../../electron/ipc/contract.ts';
import type { Bridge } from '../bridge/bridge.ts';
import { applyWatch, useContainers } from '../features/containers/store.ts';
import { useEngine, withStatus, withSync } from '../features/engine/store.ts';
import { applyImageWatch, useImages } from '../features/images/store.ts';
import { receiveSettings, useSettings } from '../features/settings/store.ts';
import { useTasks } from '../features/tasks/store.ts';
import { readLists, saveLists } from './cache.ts';

/** Saving waits for quiet, so that a burst of changes is written once. */
const SAVE_AFTER_MS = 2_000;

/** Listens until the returned function is called. */
export function goLive(bridge: Bridge): () => void {
  showCachedLists();
  const batch = new FrameBatch(applyChanges);
  const saver = keepListsSaved();
  const stops = [
    bridge.on('watch', (changes) => batch.add(changes)),
    bridge.on('engine', (status) => {
      batch.flush();
      useEngine.setState((state) => withStatus(state, status, Date.now()));
    }),
    bridge.on('tasks', (tasks) => useTasks.setState({ tasks })),
    bridge.on('settings', receiveSettings),
    saver,
  ];
  void readHostState(bridge, batch);
  return () => {
    for (const stop of stops) stop();
  };
}

async function readHostState(bridge: Bridge, batch: FrameBatch): Promise<void> {
  const host = await bridge.call('state.read');
  useEngine.setState((state) => withStatus(state, host.engine, Date.now()));
  useTasks.setState({ tasks: host.tasks });
  useSettings.setState({ systemLanguage: host.systemLanguage, host: host.host });
  receiveSettings(host.settings);
  // The snapshot comes after any event already batched, and holds their effect.
  batch.flush();
  if (host.watch) applyChanges([host.watch]);
}

function applyChanges(changes: readonly WatchChange[]): void {
  useContainers.setState((state) => applyWatch(state, changes));
  useImages.setState((state) => applyImageWatch(state, changes));
  for (const change of changes)
    if (change.kind === 'reset')
      useEngine.setState((state) => withSync(state, change.engine, Date.now()));
}

function showCachedLists(): void {
  const lists = readLists(window.localStorage);
  if (!lists) return;
  useContainers.setState({
    byId: new Map(lists.containers.map((container) => [container.Id, container])),
  });
  useImages.setState({ byId: new Map(lists.images.map((image) => [image.Id, image])) });
  useEngine.setState({ summary: lists.engine, staleSinceMs: lists.savedMs });
}

function keepListsSaved(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const save = () => {
    clearTimeout(timer);
    timer = undefined;
    const { synced, summary } = useEngine.getState();
    if (!synced) return;
    saveLists(window.localStorage, {
      savedMs: Date.now(),
      engine: summary,
      containers: [...useContainers.getState().byId.values()],
      images: [...useImages.getState().byId.values()],
    });
  };
  const later = () => {
    timer ??= setTimeout(save, SAVE_AFTER_MS);
  };
  const stops = [useContainers.subscribe(later), useImages.subscribe(later)];
  window.addEventListener('pagehide', save);
  return () => {
    for (const stop of stops) stop();
    window.removeEventListener('pagehide', save);
    clearTimeout(timer);
  };
}

class FrameBatch {
  readonly #apply: (changes: readonly WatchChange[]) => void;
  #changes: WatchChange[] = [];
  #frame = 0;

  constructor(apply: (changes: readonly WatchChange[]) => void) {
    this.#apply = apply;
  }

  add(changes: readonly WatchChange[]): void {
    this.#changes.push(...changes);
    if (document.hidden) this.flush();
    else if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.flush());
  }

  flush(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (this.#changes.length === 0) return;
    const changes = this.#changes;
    this.#changes = [];
    this.#apply(changes);
  }
}
