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
import { EngineError } from '../../contract/errors.ts';
import { startChild, type Child } from '../../host/child.ts';
import type {
  ConsoleSize,
  ExecFailure,
  ExecProcess,
  ExecRequest,
  ExecRunner,
  ExecWish,
  RecoveredExec,
} from '../exec.ts';
import { releaseReader } from '../runtime/awaited-config.ts';
import { namesIn } from './exec-files.ts';
import { execArguments, pathsOf, removeFiles, type ExecPaths } from './exec-paths.ts';
import { planExecProcess, type OciProcess } from './exec-spec.ts';
import { ExecsAhead } from './execs-ahead.ts';
import { endLeftovers, findLeftovers, markOf, type Leftover } from './owned-execs.ts';
import { releaseSpares, SpareRuntime } from './spare-runtime.ts';
import { findSurvivors } from './survivors.ts';
import { startOnTerminal, type ExecRuntime } from './terminals.ts';
import { noteWhenRunning, programOutput, watchExec, type WatchedExec } from './watched-exec.ts';

export interface RuntimeExecOptions {
  /** By name, '' for the default. */
  readonly findRuntime: (name: string) => ExecRuntime;
  /** For the files of running execs, and nothing else: cleared at start. Best on a tmpfs. */
  readonly directory: string;
  /** What `--privileged` grants: all that the engine itself can grant. */
  readonly allCapabilities: readonly string[];
}

/** What of a container's configuration an exec needs. */
interface ContainerSpec {
  readonly process: OciProcess;
  readonly linux: { readonly cgroupsPath: string };
}

export class RuntimeExec implements ExecRunner {
  private readonly options: RuntimeExecOptions;
  private readonly leftovers: readonly Leftover[];
  private readonly running: readonly RecoveredExec[];
  private readonly ahead = new ExecsAhead();
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

  /** Terminals need more than a runtime, and most execs without input find one that waits already. */
  prepare(wish: ExecWish): void {
    const { stdin, stdout, stderr } = wish.streams;
    if (wish.hasTerminal || !(stdin || stdout || stderr) || this.spare.suits(wish)) return;
    const paths = this.pathsOf(wish.execId);
    this.ahead.prepare(wish, paths, () => this.launch(wish, paths));
  }

  /** Ends the runtimes that wait; programs go on. */
  async close(): Promise<void> {
    await Promise.all([this.spare.close(), this.ahead.close()]);
  }

  async start(request: ExecRequest): Promise<ExecProcess> {
    const paths = this.pathsOf(request.execId);
    try {
      if (!request.workingDirectory.startsWith('/')) return neverRan(CWD_NOT_ABSOLUTE);
      const { process, linux } = readContainerSpec(request.bundlePath);
      const env = request.endsWithEngine ? [...request.env, markOf(request.execId)] : request.env;
      const plan = planExecProcess(process, { ...request, env }, this.options.allCapabilities);
      return await this.run(request, paths, JSON.stringify(plan), linux.cgroupsPath);
    } catch (error) {
      removeFiles(paths);
      throw error;
    } finally {
      await this.ahead.giveUp(request.execId); // where it was not taken
    }
  }

  /** By the runtime that waits for this exec, by one that waits for any, or by a new one. */
  private async run(
    request: ExecRequest,
    paths: ExecPaths,
    text: string,
    cgroupsPath: string,
  ): Promise<ExecProcess> {
    if (request.isDetached) await this.ahead.giveUp(request.execId);
    const ahead = await this.ahead.take(request.execId, text);
    if (ahead !== undefined) return this.onPipes(ahead, request, paths, cgroupsPath);
    writeFileSync(paths.process, text, { mode: 0o600 });
    const spare = this.spare.take(request, paths);
    if (spare !== undefined)
      return this.onPipes(spare.child, request, { ...paths, spare: spare.folder }, cgroupsPath);
    if (request.hasTerminal) return this.startWithTerminal(request, paths, cgroupsPath);
    const child = this.launch(request, paths, request.isDetached);
    return this.onPipes(child, request, paths, cgroupsPath);
  }

  /** Starts the runtime with pipes for the streams that are asked for. */
  private launch(wish: ExecWish, paths: ExecPaths, isDetached: boolean = false): Child {
    const stream = (isWanted: boolean) => (isWanted && !isDetached ? 'pipe' : 'null');
    const { stdin, stdout, stderr } = wish.streams;
    const runtime = this.options.findRuntime(wish.runtimeName);
    return startChild(runtime.program, execArguments(runtime, wish, paths), {
      stdin: stream(stdin),
      stdout: stream(stdout),
      stderr: stream(stderr),
    });
  }

  private onPipes(
    child: Child,
    request: ExecRequest,
    paths: ExecPaths,
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
    paths: ExecPaths,
    cgroupsPath: string,
  ): Promise<ExecProcess> {
    const runtime = this.options.findRuntime(request.runtimeName);
    const started = await startOnTerminal({
      runtime,
      isDetached: request.isDetached,
      size: request.consoleSize,
      socketPath: paths.console,
      argumentsWith: (more) => execArguments(runtime, request, paths, more),
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
    paths: ExecPaths,
    cgroupsPath: string,
  ): WatchedExec {
    const runtime = this.options.findRuntime(request.runtimeName);
    const processes = () => runtime.processesOf(cgroupsPath);
    return watchExec({ child, request, paths, processes }, () => this.spare.refill());
  }

  private pathsOf(execId: string): ExecPaths {
    return pathsOf(this.options.directory, execId);
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

/** The configuration in the container's bundle, whose process every exec starts from. */
function readContainerSpec(bundlePath: string): ContainerSpec {
  return JSON.parse(readFileSync(join(bundlePath, 'config.json'), 'utf8')) as ContainerSpec;
}
