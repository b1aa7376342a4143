/**
 * Running a further program in a container that runs already.
 *
 * Guarantees: the program has the container's namespaces, cgroup, limits and seccomp filter. Attached
 * streams carry its bytes unchanged. A detached program is tied to nothing of the engine and goes on
 * when the engine dies. Whatever the driver put on disk is removed when the program has ended.
 */
import type { Readable, Writable } from 'node:stream';
import type { EngineError } from '../contract/errors.ts';
import type { ProcessUser } from '../formats/passwd.ts';

export interface ExecRequest {
  /** 64 hex digits, of this run of this program. */
  readonly execId: string;
  readonly containerId: string;
  /** The runtime the container was made with; '' is the default one. */
  readonly runtimeName: string;
  /** Of the container's present run: limits, capabilities and security settings are taken from it. */
  readonly bundlePath: string;
  /** Program and arguments; never empty. */
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly workingDirectory: string;
  /** Undefined is the container's own. */
  readonly user: ProcessUser | undefined;
  readonly isPrivileged: boolean;
  readonly hasTerminal: boolean;
  readonly consoleSize: ConsoleSize | undefined;
  /** Streams not asked for are `/dev/null`. Of a detached program all are. */
  readonly streams: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean };
  readonly isDetached: boolean;
  /** The next engine ends the program when this one dies before it. */
  readonly endsWithEngine?: boolean;
}

export interface ConsoleSize {
  readonly rows: number;
  readonly columns: number;
}

/** Why a program never ran: Docker's text for it, and the status Docker reports (126, 127, 128). */
export interface ExecFailure {
  readonly error: EngineError;
  readonly exitCode: number;
}

export interface ExecEnd {
  /** 128 + n for signal n. */
  readonly exitCode: number;
  /** Set when the program never ran. */
  readonly failure: ExecFailure | undefined;
}

export interface ExecProcess {
  /** With a terminal: stdin and stdout are its two directions, and there is no stderr. */
  readonly stdin: Writable | undefined;
  readonly stdout: Readable | undefined;
  readonly stderr: Readable | undefined;
  /** Resolves once the program runs, or when it ended or never ran. */
  started(): Promise<void>;
  /** Never rejects. Streams may have more to read, and stay open while children hold them. */
  readonly ended: Promise<ExecEnd>;
  /** On the host; 0 while not known. */
  pid(): number;
  /** Does nothing without a terminal. */
  resize(size: ConsoleSize): void;
  /** Ends the program and everything it started, by force; `ended` then resolves. */
  kill(): Promise<void>;
}

/** What is known of a program before it is started. */
export type ExecWish = Pick<
  ExecRequest,
  'execId' | 'containerId' | 'runtimeName' | 'hasTerminal' | 'streams'
>;

/** A program of an earlier engine that runs still, detached or left by its client. */
export interface RecoveredExec {
  readonly execId: string;
  readonly containerId: string;
  readonly args: readonly string[];
  readonly hasTerminal: boolean;
  /** On the host. */
  readonly pid: number;
  /** With which status nobody can tell: who waited for it is gone. */
  readonly ended: Promise<void>;
}

export interface ExecRunner {
  /** What runs of an earlier engine's execs, but for those that are to end with it. */
  survivors(): readonly RecoveredExec[];

  /**
   * Gets ready what `start` of this exec will need, where that helps; the program does not run. Given
   * up by itself when no start follows within seconds, and at the engine's end.
   */
  prepare(wish: ExecWish): void;

  /** Starts the program; rejects only where the engine itself failed. */
  start(request: ExecRequest): Promise<ExecProcess>;
  /** Gives up what was got ready. Programs go on. */
  close(): Promise<void>;
  /** Once, at the engine's start: ends what was to end with the engine before it. */
  recover(): Promise<void>;
}
