/**
 * The monitor of a container: a small process that holds its streams, writes its log, and tells how
 * it ended. It is no child of the engine and outlives it.
 */
import type { EngineError } from '../contract/errors.ts';
import type { Runtime } from './runtime.ts';

export interface MonitorRequest {
  readonly containerId: string;
  /** Directory that holds `config.json`; the monitor keeps its sockets there. */
  readonly bundlePath: string;
  /** Where what the container writes goes: a file, the host's journal under these names, or nowhere. */
  readonly log:
    | { readonly kind: 'file'; readonly path: string }
    | { readonly kind: 'journal'; readonly name: string; readonly tag: string }
    | { readonly kind: 'none' };
  readonly hasTerminal: boolean;
  readonly hasStdin: boolean;
  /** The container's input stays open when the engine closes its connection. */
  readonly keepStdinOpen: boolean;
  readonly runtime: Runtime;
  /** Descriptors the monitor holds until the container has ended; the container does not get them. */
  readonly held: readonly number[];
}

/** A process by pid and start time: the two together name it for good. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string;
}

export interface MonitoredProcess {
  readonly container: ProcessIdentity;
  readonly monitor: ProcessIdentity;
}

/** How a container ended. */
export interface ContainerExit {
  /** 128 + n for signal n; 255 when nobody saw it end. */
  readonly exitCode: number;
  readonly wasOomKilled: boolean;
  /** False when the monitor died before it could tell. */
  readonly isKnown: boolean;
  /** When it ended, in ms since the epoch; undefined when nobody saw it. */
  readonly endedAtMs?: number | undefined;
}

/** What becomes of a watched container. */
export interface WatchListener {
  /** Called once, when the container has ended. */
  onExit(exit: ContainerExit): void;
  /** The monitor was killed while the container runs on: its log ends, its exit will be unknown. */
  onLost(): void;
  /** Memory ran out and the kernel killed a process of the container; its first one may live on. */
  onOutOfMemory(): void;
}

/** Why a container could not be created: Docker's text for it, and the status it reports. */
export interface CreateFailure {
  readonly error: EngineError;
  readonly exitCode: number;
}

export class ContainerCreateError extends Error {
  readonly failure: CreateFailure;

  constructor(failure: CreateFailure) {
    super(failure.error.message);
    this.failure = failure;
  }
}

/** Both directions of a container's streams. */
export interface StreamConnection {
  /** Output is held back, down to the container itself, until `resume`. */
  pause(): void;
  resume(): void;
  /** Passes input on; false when it should wait for `onDrain`. */
  write(bytes: Buffer): boolean;
  /** The container reads the end of its input, unless it was created to keep it open. */
  endInput(): void;
  close(): void;
}

export interface StreamListener {
  /** The bytes are the listener's to keep. With a terminal all is stdout. */
  onOutput(stream: 'stdout' | 'stderr', bytes: Buffer): void;
  onDrain(): void;
  /** No more output will come. */
  onEnd(): void;
}

/** A monitor that was started ahead of need and waits, with its runtime, for a configuration. */
export interface WaitingMonitor {
  /** Whether a configuration of this length can be handed over. */
  takes(config: string): boolean;
  /** Goes on as `Monitor.create` does; to be called once. `config.json` is in the bundle afterwards. */
  create(config: string): Promise<MonitoredProcess>;
  /** Ends it instead; resolves when it does nothing in its bundle any more. */
  discard(): Promise<void>;
}

export interface Monitor {
  /** `conmon version 2.1.6` */
  readonly version: string;

  /**
   * Starts a monitor, which creates the container: everything is ready but its program does not run
   * yet. Throws ContainerCreateError with nothing left but runtime state.
   */
  create(request: MonitorRequest): Promise<MonitoredProcess>;

  /**
   * Starts a monitor for a container whose `config.json` is not there yet. It ends by itself when the
   * engine does, without having made anything but files in its bundle.
   */
  prepare(request: MonitorRequest): WaitingMonitor;

  /** Ends what an engine that is no more prepared in this bundle. Nothing there is no error. */
  abandon(bundlePath: string): void;

  /** Tells the listener of the container's end, in a later turn even if it has ended already. */
  watch(
    containerId: string,
    bundlePath: string,
    process: MonitoredProcess,
    listener: WatchListener,
  ): void;

  /** The exit that is on record, if any. */
  exitOf(containerId: string, bundlePath: string): ContainerExit | undefined;

  /** Drops what is known of an exit; to be called once it is recorded. */
  forget(containerId: string): void;

  /** Containers whose exit is on record, for the sweep at start. */
  listExits(): string[];

  /** Connects to the streams. What is written after `create` returned and before that is not seen. */
  connect(bundlePath: string, listener: StreamListener): StreamConnection;

  resize(bundlePath: string, rows: number, columns: number): void;

  /** Has the monitor close its log file and open it anew by name. */
  reopenLog(bundlePath: string): void;

  /**
   * Ends a container that was created but is not to run, and its monitor before it, so that no exit
   * is recorded.
   */
  discard(containerId: string, process: MonitoredProcess): void;

  /**
   * Ends every monitor of this engine, with all it has started, whose container does not pass, and
   * waits until they are gone: of an engine that was killed while it created containers.
   */
  endStrays(isWanted: (containerId: string) => boolean): Promise<void>;

  /** True when both processes are still these. */
  isAlive(process: ProcessIdentity): boolean;

  /** Signals the container's first process; false when it is gone. */
  signal(process: ProcessIdentity, signal: number): boolean;

  close(): void;
}
