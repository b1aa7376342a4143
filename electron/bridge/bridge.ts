/**
 * The host's side of the conversation with windows, independent of what carries it: Electron IPC or a
 * WebSocket. Owns what outlives a window (the watch on the engine, tasks, terminals) and hands each
 * window a session. Nothing here has a privilege: all that needs one is asked of the engine.
 */
import { release } from 'node:os';
import { EngineClient } from '../client/engine-client.ts';
import type { EngineHost } from '../engine-host/engine-host.ts';
import type { EngineStatus, HostState, Settings, Task, WatchChange } from '../ipc/contract.ts';
import { createCallHandlers, type CallHandlers } from './calls.ts';
import { changeContainer } from './container-calls.ts';
import { describeDiagnostics } from './diagnostics.ts';
import { EngineSession } from './engine-session.ts';
import type { SettingsFile } from './settings-file.ts';
import { Tasks } from './tasks.ts';
import { Terminals } from './terminals.ts';
import { WatchFeed } from './watch-feed.ts';
import { WindowSession, type WindowLink } from './window-session.ts';

export interface BridgeOptions {
  readonly engineHost: EngineHost;
  readonly settings: SettingsFile;
  readonly host: HostState['host'];
  /** BCP 47. */
  readonly systemLanguage: string;
  readonly openExternal: (url: string) => Promise<void>;
  /** A task ended while no window was to be seen. */
  readonly onTaskEndedUnseen?: (task: Task) => void;
}

/** What the host itself (tray, menu) follows. */
export interface BridgeListener {
  onEngine?(status: EngineStatus): void;
  onWatch?(): void;
  onSettings?(settings: Settings): void;
}

export class Bridge {
  readonly #options: BridgeOptions;
  readonly #client: EngineClient;
  readonly #engine: EngineSession;
  readonly #feed: WatchFeed;
  readonly #tasks: Tasks;
  readonly #terminals: Terminals;
  readonly #handlers: CallHandlers;
  readonly #windows = new Set<WindowSession>();
  readonly #listeners = new Set<BridgeListener>();

  constructor(options: BridgeOptions) {
    this.#options = options;
    this.#client = new EngineClient(options.engineHost.address);
    this.#feed = new WatchFeed((changes) => this.#onChanges(changes));
    this.#engine = new EngineSession(options.engineHost, this.#client, {
      onStatus: (status) => this.#onStatus(status),
      onWatch: (message) => this.#feed.receive(message),
    });
    this.#tasks = new Tasks(this.#client, {
      onTasks: (tasks) => this.#windows.forEach((window) => window.send('tasks', tasks)),
      onTaskEnded: (task) => this.#onTaskEnded(task),
    });
    this.#terminals = new Terminals(this.#client);
    this.#handlers = createCallHandlers({
      client: this.#client,
      tasks: this.#tasks,
      terminals: this.#terminals,
      openExternal: options.openExternal,
      retryEngine: () => this.#engine.retry(),
      diagnostics: () => this.#diagnostics(),
      state: () => this.state,
      changeSettings: (patch) => this.changeSettings(patch),
    });
  }

  /** Begins to look for the engine; windows may join before. */
  start(): void {
    void this.#engine.run();
  }

  get state(): HostState {
    return {
      engine: this.#engine.status,
      watch: this.#feed.state,
      tasks: this.#tasks.list,
      settings: this.#options.settings.value,
      host: this.#options.host,
      systemLanguage: this.#options.systemLanguage,
    };
  }

  /** For the tray. What goes wrong shows as the container staying as it is. */
  async change(verb: 'start' | 'stop' | 'restart', id: string): Promise<void> {
    await changeContainer(this.#client, verb, id).catch(() => {});
  }

  connectWindow(link: WindowLink): WindowSession {
    const session = new WindowSession({
      link,
      client: this.#client,
      handlers: this.#handlers,
      terminals: this.#terminals,
      state: () => this.state,
      onClosed: (closed) => this.#windows.delete(closed),
    });
    this.#windows.add(session);
    return session;
  }

  listen(listener: BridgeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async changeSettings(patch: Partial<Settings>): Promise<Settings> {
    const settings = await this.#options.settings.change(patch);
    for (const window of this.#windows) window.send('settings', settings);
    for (const listener of this.#listeners) listener.onSettings?.(settings);
    return settings;
  }

  /** Ends windows, terminals and running tasks; containers and the engine go on. */
  async close(): Promise<void> {
    this.#engine.close();
    this.#feed.close();
    this.#tasks.close();
    for (const window of this.#windows) window.close();
    await this.#terminals.closeAll();
  }

  #onStatus(status: EngineStatus): void {
    for (const window of this.#windows) window.send('engine', status);
    for (const listener of this.#listeners) listener.onEngine?.(status);
  }

  #onChanges(changes: readonly WatchChange[]): void {
    for (const window of this.#windows) window.send('watch', changes);
    for (const listener of this.#listeners) listener.onWatch?.();
  }

  #onTaskEnded(task: Task): void {
    const seen = [...this.#windows].some((window) => window.isVisible);
    if (!seen && task.state !== 'cancelled') this.#options.onTaskEndedUnseen?.(task);
  }

  async #diagnostics(): Promise<string> {
    const logTail = await this.#options.engineHost.logTail().catch(() => []);
    return describeDiagnostics(this.state, logTail, `${process.platform} ${release()}`);
  }
}
