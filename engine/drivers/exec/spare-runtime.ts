/**
 * A runtime that was started before there is a program for it to run, or a container to run it in.
 *
 * A third of a short exec is crun linking itself against a score of libraries. So after an exec the
 * next crun is started for a container `next` in a state root of its own, where `status`, the first
 * file it reads of a container, is a fifo. An exec links the files of its own container beside it and
 * writes that container's status into the fifo; from there on crun does what it would have done.
 *
 * Kept while it is used now and then.
 * Source: crun 1.8 `src/libcrun/container.c`, libcrun_container_exec_with_options; `status.c`.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { startChild, type Child } from '../../host/child.ts';
import type { ExecRequest, ExecWish } from '../exec.ts';
import { releaseReader } from '../runtime/awaited-config.ts';
import { namesIn, readText } from './exec-files.ts';
import { execArguments, type ExecPaths } from './exec-paths.ts';
import type { ExecRuntime } from './terminals.ts';
import { WaitingRuntime } from './waiting-runtime.ts';

/** After an exec: its client asks how it ended first. */
const AFTER_EXEC_MS = 20;
const UNUSED_MS = 30_000;
const PREFIX = 'spare-';
const CONTAINER = 'next';

interface Spare {
  readonly runtime: WaitingRuntime;
  readonly folder: string;
}

export interface TakenSpare {
  readonly child: Child;
  /** To be removed when the program has ended. */
  readonly folder: string;
}

export class SpareRuntime {
  private readonly directory: string;
  private readonly runtime: () => ExecRuntime;
  private waiting: Spare | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** Of those that were given up. */
  private end: Promise<unknown> = Promise.resolve();
  private isClosed = false;

  /** Keeps its files in `directory`. */
  constructor(directory: string, runtime: () => ExecRuntime) {
    this.directory = directory;
    this.runtime = runtime;
  }

  /** Started for output on pipes and no input, which is what most execs want. */
  suits({ runtimeName, hasTerminal, streams }: ExecWish): boolean {
    const { waiting } = this;
    if (hasTerminal || !waiting?.runtime.isWaiting) return false;
    const isOfDefault = runtimeName === '' || runtimeName === this.runtime().name;
    return isOfDefault && !streams.stdin && streams.stdout && streams.stderr;
  }

  /**
   * Has it run this program, whose process is in `paths.process`; nothing is at the other paths yet.
   * Undefined when it does not suit.
   */
  take(request: ExecRequest, paths: ExecPaths): TakenSpare | undefined {
    const { waiting } = this;
    if (waiting === undefined || request.isDetached || !this.suits(request)) return undefined;
    const { runtime, folder } = waiting;
    const state = join(this.runtime().stateRoot, request.containerId);
    const text = readText(join(state, 'status'));
    // A container that has ended meanwhile has none.
    if (text === '' || !runtime.takes(text)) return undefined;
    try {
      for (const name of ['config.json', 'seccomp.bpf'])
        symlinkSync(join(state, name), join(folder, CONTAINER, name));
      const own = pathsIn(folder);
      symlinkSync(paths.process, own.process);
      symlinkSync(paths.pid, own.pid);
      symlinkSync(own.log, paths.log);
      const child = runtime.hand(text);
      this.waiting = undefined;
      clearTimeout(this.timer);
      return { child, folder };
    } catch (error) {
      rmSync(paths.log, { force: true });
      this.drop();
      throw error;
    }
  }

  /** An exec is over: the next one is made ready for. */
  refill(): void {
    if (this.isClosed || this.waiting?.runtime.isWaiting || this.runtime().name !== 'crun') return;
    this.drop();
    this.timer = setTimeout(() => this.startOne(), AFTER_EXEC_MS).unref();
  }

  /** Ends what waits; nothing is made ready from then on. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.drop();
    await this.end;
  }

  private drop(): void {
    clearTimeout(this.timer);
    if (this.waiting !== undefined) this.end = Promise.all([this.end, discard(this.waiting)]);
    this.waiting = undefined;
  }

  private startOne(): void {
    const folder = join(this.directory, `${PREFIX}${randomBytes(8).toString('hex')}`);
    try {
      mkdirSync(join(folder, CONTAINER), { recursive: true, mode: 0o700 });
      const status = join(folder, CONTAINER, 'status');
      const runtime = WaitingRuntime.start(status, () => this.launch(folder));
      this.waiting = { runtime, folder };
      this.timer = setTimeout(() => this.drop(), UNUSED_MS).unref();
    } catch {
      rmSync(folder, { recursive: true, force: true }); // an exec starts its own, and tells why it cannot
    }
  }

  private launch(folder: string): Child {
    const root = { globalArguments: ['--root', folder] };
    const args = execArguments(root, { containerId: CONTAINER }, pathsIn(folder));
    return startChild(this.runtime().program, args, {
      stdin: 'null',
      stdout: 'pipe',
      stderr: 'pipe',
    });
  }
}

/** As the runtime was told them before there was an exec. */
function pathsIn(folder: string): Pick<ExecPaths, 'process' | 'pid' | 'log'> {
  return {
    process: join(folder, 'process.json'),
    pid: join(folder, 'pid'),
    log: join(folder, 'log'),
  };
}

async function discard({ runtime, folder }: Spare): Promise<void> {
  await runtime.discard();
  rmSync(folder, { recursive: true, force: true });
}

/** Lets go those that wait for an engine that is no more. */
export function releaseSpares(directory: string): void {
  for (const name of namesIn(directory))
    if (name.startsWith(PREFIX)) releaseReader(join(directory, name, CONTAINER, 'status'));
}
