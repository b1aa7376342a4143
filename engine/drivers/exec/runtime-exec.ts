/**
 * Exec through the runtime itself, `crun exec --process`, without a monitor in between.
 *
 * Why: an exec attached through conmon costs two more processes and 4 ms, and brings nothing, since
 * the client's connection ends with the engine anyway. The runtime waits for the program, so its own
 * exit status is the program's. Streams are plain pipes; see `terminals.ts` for terminals. A detached
 * program needs no holder either: the runtime is in a session of its own with `/dev/null` for its
 * streams and outlives the engine.
 *
 * What the runtime has to say goes to a log file, since its stderr is the program's. It writes the pid
 * file only when the program is about to run: that is how "ran and failed" is told from "never ran".
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError } from '../../contract/errors.ts';
import { startChild, type Child } from '../../host/child.ts';
import { signalProcess } from '../../host/processes.ts';
import type {
  ConsoleSize,
  ExecEnd,
  ExecFailure,
  ExecProcess,
  ExecRequest,
  ExecRunner,
  ExecWish,
  RecoveredExec,
} from '../exec.ts';
import { AwaitedConfig, releaseReader } from '../runtime/awaited-config.ts';
import { endFamily } from './exec-family.ts';
import { explainExecFailure } from './exec-failure.ts';
import { planExecProcess, type OciProcess } from './exec-spec.ts';
import { endLeftovers, findLeftovers, markOf, noteOwned, type Leftover } from './owned-execs.ts';
import { namesIn, readText } from './exec-files.ts';
import { releaseSpares, SpareRuntime } from './spare-runtime.ts';
import { findSurvivors } from './survivors.ts';
import { startOnTerminal, type ExecRuntime } from './terminals.ts';

export interface RuntimeExecOptions {
  /** By name, '' for the default. */
  readonly findRuntime: (name: string) => ExecRuntime;
  /** For the files of running execs, and nothing else: cleared at start. Best on a tmpfs. */
  readonly directory: string;
  /** What `--privileged` grants: all that the engine itself can grant. */
  readonly allCapabilities: readonly string[];
}

/** How often to look whether the program runs yet. */
const LOOK_MS = 1;

/** Runtimes that wait for the program they are to run; clients that create execs start them. */
const AHEAD_MAX = 8;
const AHEAD_MS = 2_000;

interface Paths {
  readonly process: string;
  readonly log: string;
  readonly pid: string;
  readonly console: string;
  readonly owned: string;
  /** Of the runtime that waited for it, if one did. */
  readonly spare?: string;
}

/** A runtime that waits for its program. */
interface Ahead {
  readonly child: Child;
  readonly config: AwaitedConfig;
  readonly timer: NodeJS.Timeout;
}

type WatchedExec = Pick<ExecProcess, 'started' | 'ended' | 'pid' | 'kill'> & {
  hasEnded(): boolean;
};

/** What of a container's configuration an exec needs. */
interface ContainerSpec {
  readonly process: OciProcess;
  readonly linux: { readonly cgroupsPath: string };
}

export class RuntimeExec implements ExecRunner {
  private readonly options: RuntimeExecOptions;
  private readonly leftovers: readonly Leftover[];
  private readonly running: readonly RecoveredExec[];
  private readonly ahead = new Map<string, Ahead>();
  private readonly spare: SpareRuntime;

  constructor(options: RuntimeExecOptions) {
    this.options = options;
    this.leftovers = findLeftovers(options.directory);
    this.running = findSurvivors(options.directory);
    releaseSpares(options.directory);
    const kept = new Set(this.running.map(({ execId }) => execId));
    // The rest of what an engine that was killed left behind is of no use to anybody.
    for (const name of namesIn(options.directory)) {
      if (kept.has(name.slice(0, name.indexOf('.')))) continue;
      const path = join(options.directory, name);
      releaseReader(path);
      rmSync(path, { recursive: true, force: true });
    }
    mkdirSync(options.directory, { recursive: true, mode: 0o700 });
    this.spare = new SpareRuntime(options.directory, () => options.findRuntime(''));
  }

  survivors(): readonly RecoveredExec[] {
    return this.running;
  }

  recover(): Promise<void> {
    const runtime = this.options.findRuntime('');
    return endLeftovers(this.leftovers, (cgroupsPath) => runtime.processesOf(cgroupsPath));
  }

  /**
   * Starts the runtime, which links itself and reads the container's state while the client comes
   * back with its second request. Terminals need more than that.
   */
  prepare(wish: ExecWish): void {
    const { stdin, stdout, stderr } = wish.streams;
    if (wish.hasTerminal || !(stdin || stdout || stderr) || this.ahead.size >= AHEAD_MAX) return;
    if (this.spare.suits(wish)) return;
    const paths = this.pathsOf(wish.execId);
    const config = new AwaitedConfig(paths.process);
    try {
      const child = this.launch(wish, paths);
      const timer = setTimeout(() => void this.giveUp(wish.execId), AHEAD_MS).unref();
      this.ahead.set(wish.execId, { child, config, timer });
    } catch {
      config.withdraw(); // `start` tries again and tells why it cannot
    }
  }

  private async giveUp(execId: string): Promise<void> {
    const ahead = this.ahead.get(execId);
    if (ahead === undefined) return;
    this.ahead.delete(execId);
    ahead.config.withdraw();
    const { child } = ahead;
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
    await child.exited;
    removeFiles(this.pathsOf(execId));
  }

  /** Ends the runtimes that wait; programs go on. */
  async close(): Promise<void> {
    const waiting = [...this.ahead.keys()];
    await Promise.all([this.spare.close(), ...waiting.map((execId) => this.giveUp(execId))]);
  }

  /** The runtime that waits for this program, if it was started as the program is to run. */
  private async takeAhead(request: ExecRequest, text: string): Promise<Child | undefined> {
    const ahead = this.ahead.get(request.execId);
    if (ahead === undefined) return undefined;
    clearTimeout(ahead.timer);
    if (request.isDetached || !ahead.config.takes(text)) {
      await this.giveUp(request.execId);
      return undefined;
    }
    this.ahead.delete(request.execId);
    ahead.config.write(text);
    return ahead.child;
  }

  async start(request: ExecRequest): Promise<ExecProcess> {
    const paths = this.pathsOf(request.execId);
    if (!request.workingDirectory.startsWith('/')) return neverRan(CWD_NOT_ABSOLUTE);
    const spec = readContainerSpec(request.bundlePath);
    const env = request.endsWithEngine ? [...request.env, markOf(request.execId)] : request.env;
    const process = planExecProcess(
      spec.process,
      { ...request, env },
      this.options.allCapabilities,
    );
    const { cgroupsPath } = spec.linux;
    try {
      const text = JSON.stringify(process);
      const ahead = await this.takeAhead(request, text);
      if (ahead !== undefined) return this.onPipes(ahead, request, paths, cgroupsPath);
      writeFileSync(paths.process, text, { mode: 0o600 });
      const spare = this.spare.take(request, paths);
      if (spare !== undefined)
        return this.onPipes(spare.child, request, { ...paths, spare: spare.folder }, cgroupsPath);
      return request.hasTerminal
        ? await this.startWithTerminal(request, paths, cgroupsPath)
        : this.onPipes(
            this.launch(request, paths, request.isDetached),
            request,
            paths,
            cgroupsPath,
          );
    } catch (error) {
      removeFiles(paths);
      throw error;
    }
  }

  /** Starts the runtime with pipes for the streams that are asked for. */
  private launch(wish: ExecWish, paths: Paths, isDetached: boolean = false): Child {
    const stream = (isWanted: boolean) => (isWanted && !isDetached ? 'pipe' : 'null');
    const { stdin, stdout, stderr } = wish.streams;
    const runtime = this.options.findRuntime(wish.runtimeName);
    return startChild(runtime.program, argumentsOf(runtime, wish, paths), {
      stdin: stream(stdin),
      stdout: stream(stdout),
      stderr: stream(stderr),
    });
  }

  private onPipes(
    child: Child,
    request: ExecRequest,
    paths: Paths,
    cgroupsPath: string,
  ): ExecProcess {
    // EPIPE: the program does not want its input, which is its own affair.
    child.stdin?.on('error', () => {});
    const exec = this.watch(child, request, paths, cgroupsPath);
    if (request.endsWithEngine) void noteWhenRunning(paths.owned, child, exec, cgroupsPath);
    return {
      ...exec,
      stdin: child.stdin,
      stdout: child.stdout,
      stderr: child.stderr && programOutput(child.stderr, exec),
      resize: () => {},
    };
  }

  private async startWithTerminal(
    request: ExecRequest,
    paths: Paths,
    cgroupsPath: string,
  ): Promise<ExecProcess> {
    const runtime = this.options.findRuntime(request.runtimeName);
    const started = await startOnTerminal({
      runtime,
      isDetached: request.isDetached,
      size: request.consoleSize,
      socketPath: paths.console,
      argumentsWith: (more) => argumentsOf(runtime, request, paths, more),
    });
    const exec = this.watch(started.child, request, paths, cgroupsPath);
    const terminal = await started.terminal;
    return {
      ...exec,
      stdin: terminal?.stream,
      stdout: terminal && programOutput(terminal.stream, exec),
      stderr: undefined,
      resize: (size: ConsoleSize) => terminal?.resize(size.rows, size.columns),
    };
  }

  private watch(
    child: Child,
    request: ExecRequest,
    paths: Paths,
    cgroupsPath: string,
  ): WatchedExec {
    const state = { pid: 0, hasEnded: false };
    const pid = () => (state.pid ||= readPid(paths.pid));
    const end = async (): Promise<ExecEnd> => {
      const exitCode = await child.exited;
      state.hasEnded = true;
      const failure =
        pid() > 0
          ? undefined
          : explainExecFailure(
              readText(paths.log),
              request.args[0] ?? '',
              request.workingDirectory,
            );
      removeFiles(paths);
      this.spare.refill();
      return { exitCode: failure?.exitCode ?? exitCode, failure };
    };
    const ended = end();
    const started = async () => {
      while (pid() === 0 && !state.hasEnded) await Promise.race([ended, sleep(LOOK_MS)]);
    };
    const runtime = this.options.findRuntime(request.runtimeName);
    const mark = request.endsWithEngine ? markOf(request.execId) : undefined;
    const kill = async () => {
      if (state.hasEnded) return;
      // Without the runtime, a program that does not run yet never will.
      if (pid() === 0) signalProcess(child.pid, 'SIGKILL');
      else await endFamily({ pid: pid(), mark }, () => runtime.processesOf(cgroupsPath));
    };
    return { ended, started, pid, kill, hasEnded: () => state.hasEnded };
  }

  private pathsOf(execId: string): Paths {
    const base = join(this.options.directory, execId);
    return {
      process: `${base}.json`,
      log: `${base}.log`,
      pid: `${base}.pid`,
      console: `${base}.tty`,
      owned: `${base}.owned`,
    };
  }
}

/** runc refuses it; crun takes it from `/`. */
const CWD_NOT_ABSOLUTE: ExecFailure = {
  error: new EngineError(
    'internal',
    'OCI runtime exec failed: exec failed: Cwd must be an absolute path: unknown',
  ),
  exitCode: 126,
};

/** As a program that ended before it began. */
function neverRan(failure: ExecFailure): ExecProcess {
  return {
    stdin: undefined,
    stdout: undefined,
    stderr: undefined,
    started: async () => {},
    ended: Promise.resolve({ exitCode: failure.exitCode, failure }),
    pid: () => 0,
    resize: () => {},
    kill: async () => {},
  };
}

/** In two steps: the engine may be killed before the program runs. */
async function noteWhenRunning(
  path: string,
  child: Child,
  exec: WatchedExec,
  cgroupsPath: string,
): Promise<void> {
  noteOwned(path, { runtime: child.pid, program: 0 }, cgroupsPath);
  await exec.started();
  if (!exec.hasEnded()) noteOwned(path, { runtime: child.pid, program: exec.pid() }, cgroupsPath);
}

/** The configuration in the container's bundle, whose process every exec starts from. */
function readContainerSpec(bundlePath: string): ContainerSpec {
  return JSON.parse(readFileSync(join(bundlePath, 'config.json'), 'utf8')) as ContainerSpec;
}

/**
 * The program's output without what the runtime itself writes there when it cannot execute the
 * program: nothing is passed on before the program runs.
 */
function programOutput(source: Readable, exec: WatchedExec): Readable {
  const output = new PassThrough();
  const passOn = async () => {
    await exec.started();
    if (exec.pid() > 0) source.pipe(output);
    else source.resume();
  };
  source.once('readable', () => void passOn());
  source.on('error', () => output.end());
  source.on('close', () => output.end());
  output.on('close', () => source.destroy());
  return output;
}

function argumentsOf(
  runtime: ExecRuntime,
  { containerId }: ExecWish,
  paths: Paths,
  more: readonly string[] = [],
): string[] {
  return [
    ...[...runtime.globalArguments, '--log', paths.log, '--log-format', 'json', 'exec'],
    ...['--process', paths.process, '--pid-file', paths.pid, ...more, containerId],
  ];
}

function readPid(path: string): number {
  return Number(readText(path)) || 0;
}

function removeFiles(paths: Paths): void {
  for (const path of Object.values(paths) as string[])
    rmSync(path, { recursive: true, force: true });
}
