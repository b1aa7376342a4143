/**
 * What is known of execs. Clients create them without starting, and ended ones are kept for a while,
 * so both number and bytes are bounded: the oldest that ended goes first, then the oldest that was
 * never started. One that runs is never forgotten.
 */
import { EngineError } from '../../contract/errors.ts';
import type { ExecCreateBody } from '../../contract/exec.ts';
import type { ConsoleSize, ExecProcess } from '../../drivers/exec.ts';

export interface Exec {
  readonly id: string;
  readonly containerId: string;
  /** Without its environment once the program runs. */
  body: ExecCreateBody;
  readonly detachKeys: Buffer;
  phase: 'created' | 'running' | 'ended';
  /** Null until it ended, and when nobody saw how. */
  exitCode: number | null;
  process: Pick<ExecProcess, 'pid' | 'resize'> | undefined;
  /** Asked for before there was a terminal to set it on. */
  consoleSize: ConsoleSize | undefined;
}

export interface ExecLimits {
  readonly records: number;
  readonly bytes: number;
}

const LIMITS: ExecLimits = { records: 4096, bytes: 16 << 20 };

export class ExecRecords {
  private readonly limits: ExecLimits;
  /** Oldest first. */
  private readonly records = new Map<string, { readonly exec: Exec; bytes: number }>();
  private bytes = 0;

  constructor(limits: ExecLimits = LIMITS) {
    this.limits = limits;
  }

  /** Throws `unavailable` when the running ones leave no room for it. */
  add(exec: Exec): void {
    const bytes = bytesOf(exec.body);
    for (const phase of ['ended', 'created'] as const)
      for (const { exec: old } of this.records.values()) {
        if (this.hasRoomFor(bytes)) break;
        if (old.phase === phase) this.delete(old.id);
      }
    if (!this.hasRoomFor(bytes))
      throw new EngineError('unavailable', 'too many exec commands are running');
    this.records.set(exec.id, { exec, bytes });
    this.bytes += bytes;
  }

  private hasRoomFor(bytes: number): boolean {
    const isFull = this.records.size >= this.limits.records;
    return !isFull && this.bytes + bytes <= this.limits.bytes;
  }

  /** The program runs: nobody asks for its environment any more. */
  shrink(exec: Exec): void {
    const record = this.records.get(exec.id);
    exec.body = { ...exec.body, Env: [] };
    if (record === undefined) return;
    const bytes = bytesOf(exec.body);
    this.bytes += bytes - record.bytes;
    record.bytes = bytes;
  }

  get(id: string): Exec | undefined {
    return this.records.get(id)?.exec;
  }

  delete(id: string): void {
    this.bytes -= this.records.get(id)?.bytes ?? 0;
    this.records.delete(id);
  }

  ofContainer(containerId: string): Exec[] {
    return [...this.records.values()]
      .map(({ exec }) => exec)
      .filter((exec) => exec.containerId === containerId);
  }
}

/** Of its texts in memory, and some for the rest. */
function bytesOf({ Cmd, Env, User, WorkingDir }: ExecCreateBody): number {
  const characters = [...Cmd, ...Env, User, WorkingDir].reduce(
    (sum, { length }) => sum + length,
    0,
  );
  return 2 * characters + 32 * (Cmd.length + Env.length) + 1024;
}
