/**
 * How an engine is brought up on one kind of machine. Everything else in the app knows only this: the
 * native Linux engine implements it today, engines in a virtual machine and in WSL2 will.
 */
import type { EngineAddress } from '../client/engine-connection.ts';
import type { EngineHint } from '../ipc/contract.ts';

/**
 * - `answering`: the engine is there.
 * - `crashed`: it was there and did not take its leave.
 * - `absent`: it is not running, or was stopped in order.
 */
export type EnginePresence = 'answering' | 'crashed' | 'absent';

export interface EngineHost {
  readonly address: EngineAddress;
  /** Whether `start` is worth trying. */
  readonly isStartable: boolean;
  /** Throws `EngineProblem` when it is there but this user may not reach it. */
  locate(signal: AbortSignal): Promise<EnginePresence>;
  /**
   * Starts the engine so that it outlives this process, and resolves once it answers. Throws
   * `EngineProblem` when it may not be started by this user, cannot be, or ended at once.
   */
  start(signal: AbortSignal): Promise<void>;
  /** The newest lines of the engine's log, oldest first; empty when there is none to read. */
  logTail(): Promise<readonly string[]>;
  /** Calls back when something happened that makes another look worth it; returns how to stop. */
  watch(listener: () => void): () => void;
}

/** Why the engine is not up, with what a person can do about it. */
export class EngineProblem extends Error {
  readonly hint: EngineHint | undefined;

  constructor(message: string, hint?: EngineHint, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'EngineProblem';
    this.hint = hint;
  }
}
