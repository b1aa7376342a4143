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
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { startChild, type Child } from '../../host/child.ts';
import type { ConsoleSize, ExecEnd, ExecProcess, ExecRequest, ExecRunner } from '../exec.ts';
import { explainExecFailure } from './exec-failure.ts';
import { planExecProcess, type OciProcess } from './exec-spec.ts';
import { startOnTerminal, type ExecRuntime } from './terminals.ts';

export interface RuntimeExecOptions {
  /** By name, '' for the default. */
  readonly findRuntime: (name: string) => ExecRuntime;
  /** For the files of running execs, and nothing else: emptied at start. Best on a tmpfs. */
  readonly directory: string;
  /** What `--privileged` grants: all that the engine itself can grant. */
  readonly allCapabilities: readonly string[];
}

/** How often to look whether the program runs yet. */
const LOOK_MS = 1;

interface Paths {
  readonly process: string;
  readonly log: string;
  readonly pid: string;
  readonly console: string;
}

type WatchedExec = Pick<ExecProcess, 'started' | 'ended' | 'pid'>;

export class RuntimeExec implements ExecRunner {
  private readonly options: RuntimeExecOptions;

  constructor(options: RuntimeExecOptions) {
    this.options = options;
    // What an engine that was killed left behind; programs it detached need none of it any more.
    rmSync(options.directory, { recursive: true, force: true });
    mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  }

  async start(request: ExecRequest): Promise<ExecProcess> {
    const paths = this.pathsOf(request.execId);
    const process = planExecProcess(
      readContainerProcess(request.bundlePath),
      request,
      this.options.allCapabilities,
    );
    try {
      writeFileSync(paths.process, JSON.stringify(process), { mode: 0o600 });
      return request.hasTerminal
        ? await this.startWithTerminal(request, paths)
        : this.startWithPipes(request, paths);
    } catch (error) {
      removeFiles(paths);
      throw error;
    }
  }

  private startWithPipes(request: ExecRequest, paths: Paths): ExecProcess {
    const stream = (isWanted: boolean) => (isWanted && !request.isDetached ? 'pipe' : 'null');
    const { stdin, stdout, stderr } = request.streams;
    const runtime = this.options.findRuntime(request.runtimeName);
    const child = startChild(runtime.program, argumentsOf(runtime, request, paths), {
      stdin: stream(stdin),
      stdout: stream(stdout),
      stderr: stream(stderr),
    });
    // EPIPE: the program does not want its input, which is its own affair.
    child.stdin?.on('error', () => {});
    const exec = this.watch(child, request, paths);
    return {
      ...exec,
      stdin: child.stdin,
      stdout: child.stdout,
      stderr: child.stderr && programOutput(child.stderr, exec),
      resize: () => {},
    };
  }

  private async startWithTerminal(request: ExecRequest, paths: Paths): Promise<ExecProcess> {
    const runtime = this.options.findRuntime(request.runtimeName);
    const started = await startOnTerminal({
      runtime,
      isDetached: request.isDetached,
      size: request.consoleSize,
      socketPath: paths.console,
      argumentsWith: (more) => argumentsOf(runtime, request, paths, more),
    });
    const exec = this.watch(started.child, request, paths);
    const terminal = await started.terminal;
    return {
      ...exec,
      stdin: terminal?.stream,
      stdout: terminal && programOutput(terminal.stream, exec),
      stderr: undefined,
      resize: (size: ConsoleSize) => terminal?.resize(size.rows, size.columns),
    };
  }

  private watch(child: Child, request: ExecRequest, paths: Paths): WatchedExec {
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
      return { exitCode: failure?.exitCode ?? exitCode, failure };
    };
    const ended = end();
    const started = async () => {
      while (pid() === 0 && !state.hasEnded) await Promise.race([ended, sleep(LOOK_MS)]);
    };
    return { ended, started, pid };
  }

  private pathsOf(execId: string): Paths {
    const base = join(this.options.directory, execId);
    return {
      process: `${base}.json`,
      log: `${base}.log`,
      pid: `${base}.pid`,
      console: `${base}.tty`,
    };
  }
}

/** The process of the container's bundle, which every exec starts from. */
function readContainerProcess(bundlePath: string): OciProcess {
  const config = JSON.parse(readFileSync(join(bundlePath, 'config.json'), 'utf8')) as {
    process: OciProcess;
  };
  return config.process;
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
  { containerId }: ExecRequest,
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

function readText(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function removeFiles(paths: Paths): void {
  for (const path of Object.values(paths) as string[]) rmSync(path, { force: true });
}
