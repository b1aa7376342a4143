/** Starting programs and asking after processes. The only user of node:child_process in the engine. */
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError } from '../contract/errors.ts';

/** A program that ended with a status other than 0; `stderr` is what it said, trimmed. */
export class ProcessError extends EngineError {
  readonly program: string;
  readonly status: number | null;
  readonly stderr: string;

  constructor(program: string, status: number | null, stderr: string) {
    super('internal', `${program}: ${stderr || `ended with status ${status}`}`);
    this.name = 'ProcessError';
    this.program = program;
    this.status = status;
    this.stderr = stderr;
  }
}

export interface RunOptions {
  readonly input?: string | Buffer;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly signal?: AbortSignal;
}

/** At most this much of a program's output is kept (bytes, per stream). */
const OUTPUT_LIMIT = 4 << 20;

/** Runs a program to its end and returns what it wrote; throws ProcessError on a status other than 0. */
export async function run(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const child = spawn(program, args, {
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    ...(options.env && { env: options.env }),
    ...(options.cwd && { cwd: options.cwd }),
    ...(options.signal && { signal: options.signal }),
  });
  child.stdin?.on('error', () => {}).end(options.input); // EPIPE: the program's own status tells more
  const [stdout, stderr, status] = await Promise.all([
    collect(child.stdout),
    collect(child.stderr),
    ended(child),
  ]);
  if (status !== 0) throw new ProcessError(program, status, stderr.trim());
  return stdout;
}

/** Starts a program and leaves it to the caller; an unstartable program surfaces as an 'error' event. */
export function start(
  program: string,
  args: readonly string[],
  options: SpawnOptions = {},
): ChildProcess {
  return spawn(program, args, options);
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}

async function collect(stream: NodeJS.ReadableStream | null): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream ?? []) {
    if (length < OUTPUT_LIMIT) chunks.push(chunk as Buffer);
    length += chunk.length;
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Signals a process; false when it is gone. */
export function signalProcess(pid: number, signal: NodeJS.Signals | number): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/**
 * The fields of /proc/[pid]/stat from the third, the state, on; undefined when the process is gone.
 * Source: proc(5).
 */
export function statFieldsOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/**
 * When the process started, in clock ticks since boot: with the pid it names one process for good,
 * since the kernel reuses pids. Undefined when it is gone or only waits to be reaped.
 * Source: proc(5), /proc/[pid]/stat fields 3 (state) and 22 (starttime).
 */
export function startTimeOf(pid: number): string | undefined {
  const fields = statFieldsOf(pid);
  return fields?.[0] === 'Z' || fields?.[0] === 'X' ? undefined : fields?.[19];
}

/** Arguments with a NUL behind each; empty when the process is gone. Source: proc(5), /proc/[pid]/cmdline. */
export function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}

const STOP_DEADLINE_MS = 5000;
const STOP_LOOK_MS = 1;

/**
 * Does `work` while a process stands still: it runs nothing, in the kernel neither; one that is gone does
 * so anyway. Throws when it does not come to stand in five seconds.
 */
export async function whileStopped(pid: number, work: () => void): Promise<void> {
  const isRunning = () => statFieldsOf(pid)?.[0] !== 'T';
  const deadline = performance.now() + STOP_DEADLINE_MS;
  try {
    while (signalProcess(pid, 'SIGSTOP') && isRunning()) {
      if (performance.now() > deadline) throw new Error(`process ${pid} does not stop`);
      await sleep(STOP_LOOK_MS);
    }
    work();
  } finally {
    signalProcess(pid, 'SIGCONT');
  }
}

const END_DEADLINE_MS = 2000;
const END_LOOK_MS = 5;

/**
 * Kills every process that `matches`, and all that descend from it; resolves when they have ended, or
 * after two seconds at the latest.
 */
export async function endTrees(matches: (pid: number) => boolean): Promise<void> {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  const doomed = new Set(pids.filter(matches));
  if (doomed.size === 0) return;
  const parents = new Map(pids.map((pid) => [pid, parentOf(pid)]));
  for (let before = -1; before !== doomed.size;) {
    before = doomed.size;
    for (const [pid, parent] of parents) if (doomed.has(parent)) doomed.add(pid);
  }
  for (const pid of doomed) signalProcess(pid, 'SIGKILL');
  const deadline = performance.now() + END_DEADLINE_MS;
  const isLeft = () => [...doomed].some((pid) => startTimeOf(pid) !== undefined);
  while (isLeft() && performance.now() < deadline) await sleep(END_LOOK_MS);
}

/** 0 when it is gone. Source: proc(5), /proc/[pid]/stat field 4. */
function parentOf(pid: number): number {
  return Number(statFieldsOf(pid)?.[1] ?? 0);
}
