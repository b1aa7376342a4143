/**
 * Everything that passes between the window and its host (Electron main, or the browser-mode
 * server), in one file: calls, events, streams. The renderer reaches it only through
 * `renderer/bridge/`, the host only through `electron/bridge/`. Pure types and tables.
 */
import type { ImageSummary } from '../../engine/contract/summaries.ts';
import type {
  EngineSummary,
  LogHit,
  LogPage,
  WatchedContainer,
} from '../../engine/contract/gantry.ts';

export type { ImageSummary, EngineSummary, LogHit, LogPage, WatchedContainer };

/** Electron drops all but `message` of a thrown error, so replies are values. */
export type Reply<T> = { ok: true; value: T } | { ok: false; error: BridgeError };

export interface BridgeError {
  /**
   * An engine `ErrorCode` (a wrong argument is `invalid-argument`), `engine-gone` when the engine
   * cannot be reached, or `host-gone` when the host of a browser window cannot.
   */
  readonly code: string;
  readonly message: string;
}

export interface RunRequest {
  readonly image: string;
  readonly name?: string;
  /** Words of the command; empty runs the image's own. */
  readonly command: readonly string[];
  /** `{hostAddress, hostPort, containerPort, protocol}`; host port 0 is any. */
  readonly ports: readonly {
    hostAddress: string;
    hostPort: number;
    containerPort: number;
    protocol: 'tcp' | 'udp';
  }[];
  /** `KEY=value` lines. */
  readonly environment: readonly string[];
  /** `source:target[:ro]`, source an absolute path or a volume name. */
  readonly mounts: readonly string[];
  readonly tty: boolean;
  readonly removeOnExit: boolean;
}

/** What a run form needs to know of an image. */
export interface ImageDetail {
  readonly id: string;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly created: string;
  readonly sizeBytes: number;
  readonly os: string;
  readonly architecture: string;
  readonly command: readonly string[];
  readonly entrypoint: readonly string[];
  readonly environment: readonly string[];
  readonly workingDirectory: string;
  readonly user: string;
  /** `80/tcp`. */
  readonly exposedPorts: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly layers: readonly string[];
}

export interface Settings {
  readonly theme: 'system' | 'light' | 'dark';
  readonly language: 'system' | 'en' | 'zh';
}

/** Requests of the window, each `[argument, result]`. */
export interface Calls {
  'container.start': [{ id: string }, void];
  'container.stop': [{ id: string }, void];
  'container.restart': [{ id: string }, void];
  'container.kill': [{ id: string }, void];
  'container.pause': [{ id: string }, void];
  'container.unpause': [{ id: string }, void];
  'container.remove': [{ id: string; force: boolean; volumes: boolean }, void];
  'container.rename': [{ id: string; name: string }, void];
  /** Docker's inspect document, as it is. */
  'container.inspect': [{ id: string }, Record<string, unknown>];
  'container.run': [RunRequest, { id: string; warnings: readonly string[] }];
  /** Shells found in the container, best first; empty when it has none. */
  'container.shells': [{ id: string }, readonly string[]];
  'container.logPage': [{ id: string; before?: number; after?: number; lines: number }, LogPage];
  'image.inspect': [{ id: string }, ImageDetail];
  'image.remove': [{ reference: string; force: boolean }, void];
  /** Starts a task; its progress comes as `tasks` events and survives the window. */
  'image.pull': [{ reference: string }, { taskId: string }];
  'task.cancel': [{ taskId: string }, void];
  'task.retry': [{ taskId: string }, { taskId: string }];
  /** Takes an ended task off the list. */
  'task.dismiss': [{ taskId: string }, void];
  /** Opens a terminal session in the host; it lives until closed or its process ends. */
  'terminal.open': [
    { containerId: string; shell: string; user?: string; columns: number; rows: number },
    { terminalId: string },
  ];
  'terminal.list': [{ containerId: string }, readonly TerminalSession[]];
  'terminal.resize': [{ terminalId: string; columns: number; rows: number }, void];
  'terminal.close': [{ terminalId: string }, void];
  'engine.retry': [void, void];
  'engine.diagnostics': [void, { text: string }];
  'settings.read': [void, Settings];
  'settings.write': [Partial<Settings>, Settings];
  /** Opens in the user's browser; only http and https. */
  'external.open': [{ url: string }, void];
  /** The state at this moment, so that a window that loads late misses nothing; events follow. */
  'state.read': [void, HostState];
}
export type CallName = keyof Calls;

/** What the host tells the window, unasked. */
export interface Events {
  engine: EngineStatus;
  /** `reset` replaces everything, others change one thing; batched per frame by the host. */
  watch: readonly WatchChange[];
  /** The whole task list, newest first, bounded; sent at most 10 times a second. */
  tasks: readonly Task[];
  settings: Settings;
}
export type EventName = keyof Events;

/**
 * Byte and message streams with credit flow control. `[open argument, host→window, window→host]`.
 * For each message the window has dealt with it grants one more (`credit`); many at once is as good.
 * The host sends nothing beyond, and stops reading from the engine meanwhile.
 */
export interface Streams {
  /** Log pages as lines arrive. */
  'log.follow': [{ id: string; after: number }, LogPage, never];
  'log.search': [
    { id: string; query: string; regex: boolean; matchCase: boolean; limit: number },
    LogHit,
    never,
  ];
  /** Replays what the session printed (up to 1 MiB), then goes on; the window sends keystrokes. */
  terminal: [{ terminalId: string }, TerminalOutput, Uint8Array];
}
export type StreamName = keyof Streams;

export type TerminalOutput =
  { kind: 'data'; bytes: Uint8Array } | { kind: 'exit'; exitCode: number | null };

export interface TerminalSession {
  readonly terminalId: string;
  readonly containerId: string;
  readonly shell: string;
  readonly running: boolean;
}

/** Frames on a stream's port (Electron MessagePort or a WebSocket channel). */
export type StreamFrame<Message> =
  | { type: 'message'; message: Message }
  | { type: 'end'; error?: BridgeError }
  /** The receiver grants the sender this many more messages; a stream opens with `INITIAL_CREDIT`. */
  | { type: 'credit'; messages: number }
  | { type: 'close' };

/** Messages a sender may post before the first `credit`; log pages and terminal data are ≤ 256 KiB. */
export const INITIAL_CREDIT = 32;

/**
 * Bytes in one message of a window to a terminal: a longer paste goes in pieces, each of which the
 * host answers with `credit` once the process has taken it. Beyond 1 MiB not taken, the stream ends.
 */
export const TERMINAL_INPUT_LIMIT_BYTES = 256 << 10;

export type WatchChange =
  | {
      kind: 'reset';
      engine: EngineSummary;
      containers: readonly WatchedContainer[];
      images: readonly ImageSummary[];
    }
  | { kind: 'container'; value: WatchedContainer }
  | { kind: 'container-gone'; id: string }
  | { kind: 'image'; value: ImageSummary }
  | { kind: 'image-gone'; id: string };

/** Stages of bringing the engine up, in order. */
export const ENGINE_STAGES = ['locate', 'start', 'connect', 'sync'] as const;
export type EngineStage = (typeof ENGINE_STAGES)[number];

export interface EngineStatus {
  readonly phase: 'starting' | 'ready' | 'failed' | 'lost';
  readonly stage: EngineStage;
  /** When this stage began, and its deadline (ms since the epoch). */
  readonly stageStartedMs: number;
  readonly stageDeadlineMs: number;
  readonly attempt: number;
  /** What went wrong, and the end of the engine's log, when there is something to say. */
  readonly problem?: { message: string; logTail: readonly string[]; hint?: EngineHint };
  readonly engine?: EngineSummary;
  readonly socket: string;
}
/** What a person can do about it; the window has a text for each. */
export type EngineHint =
  'install-packages' | 'needs-root' | 'not-in-group' | 'engine-exited' | 'socket-missing';

export interface PullLayer {
  readonly id: string;
  readonly phase: 'waiting' | 'downloading' | 'unpacking' | 'done' | 'exists';
  /** Of this phase; a total of 0 is not known yet. `done` and `exists` have both equal. */
  readonly currentBytes: number;
  readonly totalBytes: number;
}

export interface Task {
  readonly taskId: string;
  readonly kind: 'pull';
  readonly subject: string;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  readonly startedMs: number;
  readonly endedMs?: number;
  readonly layers: readonly PullLayer[];
  /** Downloaded, and to download as far as known: layers that were there already count for nothing. */
  readonly currentBytes: number;
  readonly totalBytes: number;
  /** Over the last seconds; 0 when not known. */
  readonly bytesPerSecond: number;
  readonly error?: string;
}

export interface HostState {
  readonly engine: EngineStatus;
  readonly watch: WatchChange | null;
  readonly tasks: readonly Task[];
  readonly settings: Settings;
  /** Where the window runs, for what only one of them can do. */
  readonly host: 'electron' | 'browser';
  readonly systemLanguage: string;
}

/**
 * What the preload (or the browser shim) puts on `window.gantry`; `renderer/bridge/` is its only user.
 * `openStream` gives the window's end of a port.
 */
export interface BridgeApi {
  call<N extends CallName>(name: N, argument: Calls[N][0]): Promise<Reply<Calls[N][1]>>;
  on<N extends EventName>(name: N, listener: (payload: Events[N]) => void): () => void;
  openStream<N extends StreamName>(name: N, argument: Streams[N][0]): StreamPort<N>;
}

export interface StreamPort<N extends StreamName> {
  post(frame: StreamFrame<Streams[N][2]>): void;
  onFrame(listener: (frame: StreamFrame<Streams[N][1]>) => void): void;
}
