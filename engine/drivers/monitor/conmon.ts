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
import { join } from 'node:path';
import { startChild } from '../../host/child.ts';
import { openPipe, watchProcess } from '../../host/handles.ts';
import { commandLineOf, endTrees, signalProcess, startTimeOf } from '../../host/processes.ts';
import { SIGKILL } from '../../formats/signals.ts';
import type {
  ContainerExit,
  Monitor,
  MonitoredProcess,
  MonitorRequest,
  ProcessIdentity,
  StreamConnection,
  StreamListener,
  WaitingMonitor,
  WatchListener,
} from '../monitor.ts';
import { AwaitedConfig, releaseReader } from '../runtime/awaited-config.ts';
import { conmonArguments, monitoredIdOf } from './conmon-arguments.ts';
import { outcomeOf, readReport } from './create-report.ts';
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
    const said = readReport(pipe.reading);
    try {
      startChild(this.options.program, conmonArguments(request, this.options.exitDirectory), {
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
      setTimeout(() => {
        const isSameRun = this.watched.get(containerId) === watched;
        if (isSameRun && !this.look(containerId)) this.end(containerId, UNSEEN_EXIT);
      }, LAST_LOOK_MS);
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
    const isStray = (pid: number) => {
      const id = monitoredIdOf(commandLineOf(pid), this.options.exitDirectory);
      return id !== undefined && !isWanted(id);
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

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
