/**
 * A runtime that was started before there is a program for it to run, or a container to run it in.
 *
 * A third of a short exec is crun linking itself against a score of libraries. So after an exec the
 * next crun is started for a container `next` in a state root of its own, where `status`, the first
 * file it reads of a container, is a fifo. An exec links the files of its own container beside it and
 * writes that container's status into the fifo; from there on crun does what it would have done.
 *
 * Kept while it is used now and then. It ends with the engine: see `AwaitedConfig`.
 * Source: crun 1.8 `src/libcrun/container.c`, libcrun_container_exec_with_options; `status.c`.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { startChild, type Child } from '../../host/child.ts';
import type { ExecRequest, ExecWish } from '../exec.ts';
import { AwaitedConfig, releaseReader } from '../runtime/awaited-config.ts';
import { namesIn, readText } from './exec-files.ts';
import type { ExecRuntime } from './terminals.ts';

/** After an exec: its client asks how it ended first. */
const AFTER_EXEC_MS = 20;
const UNUSED_MS = 30_000;
const PREFIX = 'spare-';
const CONTAINER = 'next';

interface Waiting {
  readonly child: Child;
  readonly status: AwaitedConfig;
  readonly folder: string;
  hasEnded: boolean;
}

/** Where an exec's files are; `log` is not there yet. */
export interface SparePaths {
  readonly process: string;
  readonly pid: string;
  readonly log: string;
}

export interface TakenSpare {
  readonly child: Child;
  /** To be removed when the program has ended. */
  readonly folder: string;
}

export class SpareRuntime {
  private readonly directory: string;
  private readonly runtime: () => ExecRuntime;
  private waiting: Waiting | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;

  /** Keeps its files in `directory`. */
  constructor(directory: string, runtime: () => ExecRuntime) {
    this.directory = directory;
    this.runtime = runtime;
  }

  /** Started for output on pipes and no input, which is what most execs want. */
  suits({ runtimeName, hasTerminal, streams }: ExecWish): boolean {
    const { waiting } = this;
    if (waiting === undefined || waiting.hasEnded || hasTerminal) return false;
    const isOfDefault = runtimeName === '' || runtimeName === this.runtime().name;
    return isOfDefault && !streams.stdin && streams.stdout && streams.stderr;
  }

  /** Has it run this program, whose process is in `paths.process`; undefined when it does not suit. */
  take(request: ExecRequest, paths: SparePaths): TakenSpare | undefined {
    const { waiting } = this;
    if (waiting === undefined || request.isDetached || !this.suits(request)) return undefined;
    const { child, folder, status } = waiting;
    const state = join(this.runtime().stateRoot, request.containerId);
    const text = readText(join(state, 'status'));
    // A container that has ended meanwhile has none.
    if (text === '' || !status.takes(text)) return undefined;
    try {
      for (const name of ['config.json', 'seccomp.bpf'])
        symlinkSync(join(state, name), join(folder, CONTAINER, name));
      symlinkSync(paths.process, join(folder, 'process.json'));
      symlinkSync(paths.pid, join(folder, 'pid'));
      symlinkSync(join(folder, 'log'), paths.log);
      status.write(text);
    } catch (error) {
      rmSync(paths.log, { force: true });
      void this.drop();
      throw error;
    }
    this.waiting = undefined;
    clearTimeout(this.timer);
    return { child, folder };
  }

  /** An exec is over: the next one is made ready for. */
  refill(): void {
    if (this.isClosed || this.waiting !== undefined || this.runtime().name !== 'crun') return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.startOne(), AFTER_EXEC_MS).unref();
  }

  /** Ends what waits; nothing is made ready from then on. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.drop();
  }

  private async drop(): Promise<void> {
    clearTimeout(this.timer);
    const { waiting } = this;
    this.waiting = undefined;
    if (waiting === undefined) return;
    waiting.status.withdraw();
    for (const stream of [waiting.child.stdout, waiting.child.stderr]) stream?.destroy();
    await waiting.child.exited;
    rmSync(waiting.folder, { recursive: true, force: true });
  }

  private startOne(): void {
    const folder = join(this.directory, `${PREFIX}${randomBytes(8).toString('hex')}`);
    try {
      mkdirSync(join(folder, CONTAINER), { recursive: true, mode: 0o700 });
      const status = new AwaitedConfig(join(folder, CONTAINER, 'status'));
      try {
        const child = this.launch(folder);
        const waiting: Waiting = { child, status, folder, hasEnded: false };
        void child.exited.then(() => (waiting.hasEnded = true));
        this.waiting = waiting;
      } catch (error) {
        status.withdraw();
        throw error;
      }
      this.timer = setTimeout(() => void this.drop(), UNUSED_MS).unref();
    } catch {
      rmSync(folder, { recursive: true, force: true }); // an exec starts its own, and tells why it cannot
    }
  }

  private launch(folder: string): Child {
    const args = [
      ...['--root', folder, '--log', join(folder, 'log'), '--log-format', 'json', 'exec'],
      ...['--process', join(folder, 'process.json'), '--pid-file', join(folder, 'pid'), CONTAINER],
    ];
    const { program } = this.runtime();
    return startChild(program, args, { stdin: 'null', stdout: 'pipe', stderr: 'pipe' });
  }
}

/** Lets go those that wait for an engine that is no more. */
export function releaseSpares(directory: string): void {
  for (const name of namesIn(directory))
    if (name.startsWith(PREFIX)) releaseReader(join(directory, name, CONTAINER, 'status'));
}
