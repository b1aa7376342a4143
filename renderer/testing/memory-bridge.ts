/**
 * A host made of memory, for looking at the window without an engine: the drawing board (`board.html`)
 * opens it with any number of rows. Containers obey, logs grow, shells echo, pulls progress.
 */
import type {
  BridgeApi,
  CallName,
  Calls,
  EngineStatus,
  EngineSummary,
  EventName,
  Events,
  HostState,
  ImageSummary,
  Reply,
  Settings,
  StreamName,
  StreamPort,
  Streams,
  Task,
  WatchedContainer,
} from '../../electron/ipc/contract.ts';
import { manyContainers, manyImages, sampleContainers, sampleImages } from './samples.ts';
import { MemoryLog } from './memory-log.ts';
import { MemoryPull } from './memory-pull.ts';
import { MemoryShell } from './memory-shell.ts';
import { MemoryPort } from './memory-port.ts';

export interface MemoryOptions {
  readonly containers?: number;
  readonly images?: number;
  readonly phase?: EngineStatus['phase'] | 'empty';
  readonly settings?: Settings;
  readonly logsPerSecond?: number;
}

const ENGINE: EngineSummary = {
  version: '0.4.0',
  apiVersion: '1.50',
  instance: 'board',
  cpus: 8,
  memoryBytes: 34_359_738_368,
  dataRoot: '/var/lib/gantry',
  warnings: [],
};

/** As an engine on the same machine answers; actions take long enough to be seen. */
const LATENCY_MS: Partial<Record<CallName, number>> = { 'state.read': 5, 'container.logPage': 5 };

type Refusal = { code: string; message: string };

export class MemoryBridge implements BridgeApi {
  readonly #listeners = new Map<EventName, Set<(payload: never) => void>>();
  readonly #containers = new Map<string, WatchedContainer>();
  readonly #images = new Map<string, ImageSummary>();
  readonly #logs = new Map<string, MemoryLog>();
  readonly #shells = new Map<string, MemoryShell>();
  readonly #pulls = new Map<string, MemoryPull>();
  #settings: Settings;
  #status: EngineStatus;
  readonly #logsPerSecond: number;

  constructor(options: MemoryOptions = {}) {
    const { phase = 'ready', containers = 0, images = 0 } = options;
    this.#settings = options.settings ?? { theme: 'system', language: 'system' };
    this.#logsPerSecond = options.logsPerSecond ?? 2;
    if (phase !== 'empty') {
      for (const each of containers > 0 ? manyContainers(containers) : sampleContainers())
        this.#containers.set(each.Id, each);
      for (const each of images > 0 ? manyImages(images) : sampleImages())
        this.#images.set(each.Id, each);
    }
    this.#status = statusOf(phase === 'empty' ? 'ready' : phase);
  }

  async call<N extends CallName>(name: N, argument: Calls[N][0]): Promise<Reply<Calls[N][1]>> {
    await sleep(LATENCY_MS[name] ?? 120);
    try {
      const value = await this.#answer(name, argument as never);
      return { ok: true, value: value as Calls[N][1] };
    } catch (error) {
      return { ok: false, error: error as Refusal };
    }
  }

  on<N extends EventName>(name: N, listener: (payload: Events[N]) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener as never);
    return () => listeners.delete(listener as never);
  }

  openStream<N extends StreamName>(name: N, argument: Streams[N][0]): StreamPort<N> {
    const port = new MemoryPort();
    if (name === 'terminal') {
      const { terminalId } = argument as Streams['terminal'][0];
      this.#shells.get(terminalId)?.attach(port);
    } else if (name === 'log.follow') {
      const { id, after } = argument as Streams['log.follow'][0];
      this.#logOf(id).follow(port, after);
    } else {
      const query = argument as Streams['log.search'][0];
      this.#logOf(query.id).search(port, query);
    }
    return port as unknown as StreamPort<N>;
  }

  /** Makes the engine come and go, to see what the window says. */
  setPhase(phase: EngineStatus['phase']): void {
    this.#status = statusOf(phase);
    this.#emit('engine', this.#status);
    if (phase === 'ready') this.#emit('watch', [this.#reset()]);
  }

  #answer(name: CallName, argument: Record<string, never> & { id: string }): unknown {
    const { id } = argument ?? {};
    switch (name) {
      case 'state.read':
        return this.#state();
      case 'container.start':
      case 'container.unpause':
        return this.#change(id, { State: 'running', StartedAt: new Date().toISOString() });
      case 'container.restart':
        return this.#change(id, { State: 'running', StartedAt: new Date().toISOString() }, 900);
      case 'container.stop':
      case 'container.kill':
        return this.#change(
          id,
          { State: 'exited', ExitCode: 137, Health: '', FinishedAt: new Date().toISOString() },
          900,
        );
      case 'container.pause':
        return this.#change(id, { State: 'paused' });
      case 'container.remove':
        this.#containers.delete(id);
        return this.#emit('watch', [{ kind: 'container-gone', id }]);
      case 'container.inspect':
        return inspectOf(this.#containers.get(id));
      case 'container.shells':
        return ['/bin/bash', '/bin/sh'];
      case 'container.logPage':
        return this.#logOf(id).page(argument as never);
      case 'container.run':
        throw {
          code: 'conflict',
          message: 'Conflict. The container name "/web" is already in use.',
        };
      case 'image.inspect':
        return this.#imageDetail(id);
      case 'image.remove':
        throw {
          code: 'conflict',
          message:
            'conflict: unable to remove repository reference "postgres:17" (must force) - container 3f9c1b7a2e04 is using its referenced image',
        };
      case 'image.pull':
        return this.#pull((argument as unknown as { reference: string }).reference);
      case 'task.cancel':
      case 'task.retry':
      case 'task.dismiss':
        return this.#task(name, (argument as unknown as { taskId: string }).taskId);
      case 'terminal.open':
        return this.#openShell(argument as never);
      case 'terminal.list':
        return [...this.#shells.values()]
          .map((shell) => shell.info)
          .filter(
            (info) => info.containerId === (argument as { containerId?: string }).containerId,
          );
      case 'terminal.close':
        this.#shells.delete((argument as unknown as { terminalId: string }).terminalId);
        return undefined;
      case 'engine.retry':
        this.#emit('engine', statusOf('starting'));
        setTimeout(() => this.setPhase('ready'), 2_000);
        return undefined;
      case 'engine.diagnostics':
        return { text: 'gantry diagnostics' };
      case 'settings.write':
        this.#settings = { ...this.#settings, ...(argument as Partial<Settings>) };
        return this.#settings;
      case 'settings.read':
        return this.#settings;
      case 'external.open':
        window.open((argument as unknown as { url: string }).url, '_blank', 'noopener');
        return undefined;
      default:
        return undefined;
    }
  }

  #state(): HostState {
    return {
      engine: this.#status,
      watch: this.#status.phase === 'ready' ? this.#reset() : null,
      tasks: this.#tasks(),
      settings: this.#settings,
      host: 'browser',
      systemLanguage: navigator.language,
    };
  }

  #reset() {
    return {
      kind: 'reset' as const,
      engine: ENGINE,
      containers: [...this.#containers.values()],
      images: [...this.#images.values()],
    };
  }

  async #change(id: string, change: Partial<WatchedContainer>, afterMs = 300): Promise<void> {
    await sleep(afterMs);
    const before = this.#containers.get(id);
    if (!before) throw { code: 'not-found', message: `No such container: ${id}` };
    if (before.Names[0] === '/grafana' && change.State === 'exited')
      throw { code: 'internal', message: 'cannot stop container: grafana: permission denied' };
    const value = { ...before, ...change };
    this.#containers.set(id, value);
    this.#emit('watch', [{ kind: 'container', value }]);
  }

  #imageDetail(id: string) {
    const image = this.#images.get(id);
    if (!image) throw { code: 'not-found', message: `No such image: ${id}` };
    return {
      id,
      repoTags: image.RepoTags,
      repoDigests: image.RepoTags.map((tag) => `${tag.split(':')[0]}@sha256:${id.slice(7)}`),
      created: new Date(image.Created * 1000).toISOString(),
      sizeBytes: image.Size,
      os: 'linux',
      architecture: 'amd64',
      command: ['nginx', '-g', 'daemon off;'],
      entrypoint: ['/docker-entrypoint.sh'],
      environment: [
        'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin',
        'NGINX_VERSION=1.29.3',
      ],
      workingDirectory: '/usr/share/nginx/html',
      user: '',
      exposedPorts: ['80/tcp', '443/tcp'],
      labels: { maintainer: 'NGINX Docker Maintainers' },
      layers: Array.from({ length: 7 }, (_, at) => `sha256:${id.slice(7 + at)}${'0'.repeat(at)}`),
    };
  }

  #pull(reference: string): { taskId: string } {
    const pull = new MemoryPull(reference, () => this.#emit('tasks', this.#tasks()));
    this.#pulls.set(pull.task.taskId, pull);
    return { taskId: pull.task.taskId };
  }

  #task(name: 'task.cancel' | 'task.retry' | 'task.dismiss', taskId: string) {
    const pull = this.#pulls.get(taskId);
    if (name === 'task.cancel') pull?.cancel();
    if (name === 'task.retry' && pull) {
      this.#pulls.delete(taskId);
      return this.#pull(pull.task.subject);
    }
    if (name === 'task.dismiss') this.#pulls.delete(taskId);
    return this.#emit('tasks', this.#tasks());
  }

  #tasks(): Task[] {
    return [...this.#pulls.values()].map((pull) => pull.task);
  }

  #openShell(request: Calls['terminal.open'][0]): { terminalId: string } {
    const name = this.#containers.get(request.containerId)?.Names[0]?.slice(1) ?? 'box';
    const shell = new MemoryShell(request.containerId, request.shell, name);
    this.#shells.set(shell.info.terminalId, shell);
    return { terminalId: shell.info.terminalId };
  }

  #logOf(id: string): MemoryLog {
    const known = this.#logs.get(id);
    if (known) return known;
    const isRunning = this.#containers.get(id)?.State === 'running';
    const log = new MemoryLog(isRunning ? this.#logsPerSecond : 0);
    this.#logs.set(id, log);
    return log;
  }

  #emit<N extends EventName>(name: N, payload: Events[N]): void {
    for (const listener of this.#listeners.get(name) ?? []) listener(payload as never);
  }
}

function statusOf(phase: EngineStatus['phase']): EngineStatus {
  const nowMs = Date.now();
  return {
    phase,
    stage: phase === 'ready' ? 'sync' : phase === 'lost' ? 'connect' : 'start',
    stageStartedMs: nowMs,
    stageDeadlineMs: nowMs + 20_000,
    attempt: 1,
    socket: '/run/gantry/gantry.sock',
    ...(phase === 'ready' ? { engine: ENGINE } : {}),
    ...(phase === 'failed'
      ? {
          problem: {
            message: 'gantryd exited with code 1',
            hint: 'install-packages' as const,
            logTail: [
              '2026-11-20T14:02:11Z info  gantryd 0.4.0 starting',
              '2026-11-20T14:02:11Z error no OCI runtime found: neither crun nor runc is on the PATH',
              '2026-11-20T14:02:11Z error install with: apt-get install crun conmon nftables iproute2',
            ],
          },
        }
      : {}),
  };
}

function inspectOf(container: WatchedContainer | undefined) {
  return {
    Id: container?.Id,
    Created: '2026-11-20T10:00:00.123456789Z',
    Path: 'nginx',
    Args: ['-g', 'daemon off;'],
    State: {
      Status: container?.State,
      Running: container?.State === 'running',
      ExitCode: container?.ExitCode,
      StartedAt: container?.StartedAt,
      Error: '',
    },
    Image: container?.ImageID,
    Name: container?.Names[0],
    RestartCount: container?.RestartCount,
    HostConfig: { NetworkMode: 'bridge', Binds: ['/srv/site:/usr/share/nginx/html:ro'], Memory: 0 },
    Config: { Env: ['PATH=/usr/bin'], Image: container?.Image, Labels: container?.Labels },
    NetworkSettings: { Ports: { '80/tcp': [{ HostIp: '0.0.0.0', HostPort: '8080' }] } },
  };
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
