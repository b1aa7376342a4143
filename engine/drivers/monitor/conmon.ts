/**
 * `Monitor` by conmon 2.1, one process for each container.
 *
 * Its bundle directory holds `attach` (socket), `ctl` and `winsz` (fifos), `pidfile`, and `oom` once
 * memory ran out. The exit status appears as a file in the exit directory, whole or not at all; one
 * watch on that directory sees every container end. A descriptor on the monitor itself tells when it
 * died without writing one. Source: conmon(8), conmon `src/`.
 */
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  watch,
  writeSync,
  type FSWatcher,
} from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { startChild } from '../../host/child.ts';
import { openPipe, watchProcess } from '../../host/handles.ts';
import { endTrees, signalProcess, startTimeOf, statFieldsOf } from '../../host/processes.ts';
import { SIGKILL } from '../../formats/signals.ts';
import {
  ContainerCreateError,
  type ContainerExit,
  type Monitor,
  type MonitoredProcess,
  type MonitorRequest,
  type ProcessIdentity,
  type StreamConnection,
  type StreamListener,
  type WaitingMonitor,
  type WatchListener,
} from '../monitor.ts';
import { AwaitedConfig, releaseReader } from '../runtime/awaited-config.ts';
import { explainCreateFailure } from './create-failure.ts';
import { connectStreams } from './packet-streams.ts';

export interface ConmonOptions {
  /** Absolute path of conmon. */
  readonly program: string;
  readonly version: string;
  /** Made when it is missing; best on a tmpfs. */
  readonly exitDirectory: string;
}

/** What the engine gives monitors and runtimes; containers have an environment of their own. */
const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  _OCI_SYNCPIPE: '3',
};

/** conmon makes it in the bundle the first time memory runs out. */
const OOM_FILE = 'oom';

/** For an exit to be written after its process was seen to be gone. */
const LAST_LOOK_MS = 100;

const UNSEEN_EXIT: ContainerExit = { exitCode: 255, wasOomKilled: false, isKnown: false };

function logArguments(log: MonitorRequest['log']): string[] {
  if (log.kind === 'none') return ['--log-path', 'none'];
  if (log.kind === 'file') return ['--log-path', `k8s-file:${log.path}`];
  return ['--log-path', 'journald:', '--name', log.name, '--log-tag', log.tag];
}

interface Watched {
  readonly bundlePath: string;
  readonly process: MonitoredProcess;
  readonly listener: WatchListener;
  stopWatching: () => void;
  readonly stopOomWatch: () => void;
  /** Its monitor is gone, and only its process is watched. */
  isLost: boolean;
}

export class Conmon implements Monitor {
  readonly version: string;
  private readonly options: ConmonOptions;
  private readonly watched = new Map<string, Watched>();
  private readonly exits: FSWatcher;

  constructor(options: ConmonOptions) {
    this.options = options;
    this.version = options.version;
    mkdirSync(options.exitDirectory, { recursive: true, mode: 0o700 });
    this.exits = watch(options.exitDirectory, (_event, name) => {
      if (name !== null) this.look(name);
    });
    this.exits.unref();
  }

  async create(request: MonitorRequest): Promise<MonitoredProcess> {
    this.forget(request.containerId); // of an earlier run, else this one would seem to have ended
    return outcomeOf(request, await this.launch(request));
  }

  prepare(request: MonitorRequest): WaitingMonitor {
    const config = new AwaitedConfig(join(request.bundlePath, 'config.json'));
    let hasSpoken = false;
    const said = this.launch(request).finally(() => (hasSpoken = true));
    said.catch(() => {}); // who takes it up hears of it
    return {
      // Before it has the configuration it has nothing to say, unless somebody ended it.
      takes: (text) => !hasSpoken && config.takes(text),
      create: async (text) => {
        config.write(text);
        return outcomeOf(request, await said);
      },
      discard: async () => {
        config.withdraw();
        await said.catch(() => {});
      },
    };
  }

  abandon(bundlePath: string): void {
    releaseReader(join(bundlePath, 'config.json'));
  }

  /** Starts conmon; resolves with its report, one line of JSON, or what it wrote instead. */
  private async launch(request: MonitorRequest): Promise<string> {
    const pipe = openPipe();
    const said = readAll(pipe.reading);
    try {
      startChild(this.options.program, this.argumentsOf(request), {
        env: ENVIRONMENT,
        stdin: 'null',
        stdout: 'null',
        stderr: 'null',
        inherit: [pipe.writing, ...request.held],
        cwd: request.bundlePath, // conmon leaves `oom` where it was started
      });
    } finally {
      closeSync(pipe.writing);
    }
    return said;
  }

  private argumentsOf(request: MonitorRequest): string[] {
    const { containerId, bundlePath, runtime } = request;
    return [
      ...['--api-version', '1', '--cid', containerId, '--cuuid', containerId],
      ...['--bundle', bundlePath, '--container-pidfile', join(bundlePath, 'pidfile')],
      ...['--runtime', runtime.program],
      ...runtime.globalArguments.flatMap((argument) => ['--runtime-arg', argument]),
      ...logArguments(request.log),
      // fsync of the log at the end costs milliseconds and saves nothing an engine crash could take.
      '--no-sync-log',
      ...['--exit-dir', this.options.exitDirectory, '--full-attach', '--log-level', 'error'],
      ...(request.hasTerminal ? ['--terminal'] : []),
      ...(request.hasStdin ? ['--stdin'] : []),
      ...(request.keepStdinOpen ? ['--leave-stdin-open'] : []),
    ];
  }

  watch(
    containerId: string,
    bundlePath: string,
    process: MonitoredProcess,
    listener: WatchListener,
  ): void {
    const stopWatching = watchProcess(process.monitor.pid, () => this.onMonitorEnd(containerId));
    const stopOomWatch = watchForOom(bundlePath, listener);
    this.watched.set(containerId, {
      ...{ bundlePath, process, stopWatching, stopOomWatch, listener },
      isLost: false,
    });
    setImmediate(() => {
      // The pid may be another process's by now.
      if (!this.look(containerId) && !this.isAlive(process.monitor)) this.onMonitorEnd(containerId);
    });
  }

  private onMonitorEnd(containerId: string): void {
    const watched = this.watched.get(containerId);
    if (watched === undefined || watched.isLost || this.look(containerId)) return;
    const { process, listener } = watched;
    watched.isLost = true;
    if (!this.isAlive(process.container)) {
      // Both are gone, which the monitor may have been about to tell.
      setTimeout(() => this.look(containerId) || this.end(containerId, UNSEEN_EXIT), LAST_LOOK_MS);
      return;
    }
    watched.stopWatching();
    watched.stopWatching = watchProcess(process.container.pid, () =>
      this.end(containerId, UNSEEN_EXIT),
    );
    listener.onLost();
  }

  /** Reports the exit if it is on record. */
  private look(containerId: string): boolean {
    const watched = this.watched.get(containerId);
    if (watched === undefined) return false;
    const exit = this.exitOf(containerId, watched.bundlePath);
    if (exit !== undefined) this.end(containerId, exit);
    return exit !== undefined;
  }

  exitOf(containerId: string, bundlePath: string): ContainerExit | undefined {
    const path = join(this.options.exitDirectory, containerId);
    const text = readText(path);
    if (text === '') return undefined;
    return {
      exitCode: Number(text) & 0xff,
      wasOomKilled: existsSync(join(bundlePath, OOM_FILE)),
      isKnown: true,
      endedAtMs: statSync(path).mtimeMs,
    };
  }

  private end(containerId: string, exit: ContainerExit): void {
    const watched = this.watched.get(containerId);
    if (watched === undefined) return;
    this.watched.delete(containerId);
    watched.stopWatching();
    watched.stopOomWatch();
    watched.listener.onExit(exit);
  }

  forget(containerId: string): void {
    const path = join(this.options.exitDirectory, containerId);
    if (existsSync(path)) unlinkSync(path);
  }

  listExits(): string[] {
    return readdirSync(this.options.exitDirectory);
  }

  connect(bundlePath: string, listener: StreamListener): StreamConnection {
    return connectStreams(bundlePath, listener);
  }

  resize(bundlePath: string, rows: number, columns: number): void {
    control(bundlePath, `1 ${rows} ${columns}\n`);
  }

  reopenLog(bundlePath: string): void {
    control(bundlePath, '2 0 0\n');
  }

  discard(containerId: string, process: MonitoredProcess): void {
    const watched = this.watched.get(containerId);
    watched?.stopWatching();
    watched?.stopOomWatch();
    this.watched.delete(containerId);
    this.signal(process.monitor, SIGKILL);
    this.signal(process.container, SIGKILL);
  }

  async endStrays(isWanted: (containerId: string) => boolean): Promise<void> {
    const mark = `\0--exit-dir\0${this.options.exitDirectory}\0`;
    const isStray = (pid: number) => {
      const line = readText(`/proc/${pid}/cmdline`);
      const [, id] = /\0--cid\0([^\0]+)\0/.exec(line) ?? [];
      return id !== undefined && line.includes(mark) && !isWanted(id);
    };
    await endTrees(isStray);
  }

  isAlive({ pid, startTime }: ProcessIdentity): boolean {
    return startTimeOf(pid) === startTime;
  }

  signal(process: ProcessIdentity, signal: number): boolean {
    return this.isAlive(process) && signalProcess(process.pid, signal);
  }

  close(): void {
    this.exits.close();
    for (const { stopWatching, stopOomWatch } of this.watched.values()) {
      stopWatching();
      stopOomWatch();
    }
    this.watched.clear();
  }
}

function watchForOom(bundlePath: string, listener: WatchListener): () => void {
  try {
    const watcher = watch(bundlePath, (_event, name) => {
      if (name !== OOM_FILE) return;
      watcher.close();
      listener.onOutOfMemory();
    });
    watcher.unref();
    watcher.on('error', () => watcher.close());
    return () => watcher.close();
  } catch {
    // No watch is left on this machine: the end of the container tells it too.
    return () => {};
  }
}

/** Throws ENXIO when no monitor reads there. */
function control(bundlePath: string, line: string): void {
  const fd = openSync(join(bundlePath, 'ctl'), constants.O_WRONLY | constants.O_NONBLOCK);
  try {
    writeSync(fd, line);
  } finally {
    closeSync(fd);
  }
}

/** Everything up to the first newline, or all there is. */
function readAll(fd: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = new Socket({ fd, readable: true, writable: false });
  let text = '';
  const done = () => {
    socket.destroy();
    resolve(text);
  };
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('utf8');
    if (text.endsWith('\n')) done();
  });
  socket.on('end', done);
  socket.on('error', done);
  return promise;
}

function outcomeOf(request: MonitorRequest, said: string): MonitoredProcess {
  const report = parseReport(said);
  if (report.pid > 0) return identify(request.containerId, report.pid);
  throw new ContainerCreateError(
    explainCreateFailure(request.runtime.name, report.message, programOf(request.bundlePath)),
  );
}

function parseReport(text: string): { pid: number; message: string } {
  try {
    const { data, message } = JSON.parse(text) as { data?: number; message?: string };
    return { pid: data ?? -1, message: message ?? '' };
  } catch {
    return { pid: -1, message: text === '' ? 'the monitor ended unexpectedly' : text };
  }
}

/**
 * The monitor is the parent of the container's first process: the runtime, which was in between, has
 * ended by the time the monitor reports. A monitor that was killed since has left it to another parent,
 * which is not to be taken for a monitor. Source: proc(5), /proc/[pid]/stat fields 4 and 22.
 */
function identify(containerId: string, pid: number): MonitoredProcess {
  const fields = statFieldsOf(pid);
  const container = { pid, startTime: fields?.[19] ?? '' };
  const monitorPid = Number(fields?.[1] ?? 0);
  const startTime = startTimeOf(monitorPid) ?? '';
  const isMonitor = readText(`/proc/${monitorPid}/cmdline`).includes(`\0${containerId}\0`);
  return { container, monitor: isMonitor ? { pid: monitorPid, startTime } : NOBODY };
}

const NOBODY: ProcessIdentity = { pid: 0, startTime: '' };

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function programOf(bundlePath: string): string {
  try {
    const config = JSON.parse(readFileSync(join(bundlePath, 'config.json'), 'utf8')) as {
      process: { args: string[] };
    };
    const { args } = config.process;
    return (args[1] === '--' ? args[2] : args[0]) ?? '';
  } catch {
    return '';
  }
}
