/**
 * Real containers without the rest of the engine: overlay, conmon and crun over a rootfs made of
 * busybox; networks are the host's own and none. `close()` removes everything.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { containerConfig, createBody, type CreateBody } from '../../../contract/containers.ts';
import { EngineError } from '../../../contract/errors.ts';
import { FilePool } from '../../../drivers/files/file-pool.ts';
import { FileLogStore } from '../../../drivers/logs/file-log-store.ts';
import { Conmon } from '../../../drivers/monitor/conmon.ts';
import type { NetworkDriver, Sandbox } from '../../../drivers/network.ts';
import { findRuntimes } from '../../../drivers/runtime/installed-runtimes.ts';
import { LocalRuntimeFiles } from '../../../drivers/runtime/local-files.ts';
import { OverlaySnapshotter } from '../../../drivers/snapshots/overlay.ts';
import { SqliteState } from '../../../drivers/state/sqlite.ts';
import { LocalVolumeStore } from '../../../drivers/volumes/local.ts';
import { digestOf } from '../../../formats/digest.ts';
import { prepareCgroups } from '../../../host/cgroups.ts';
import { systemClock } from '../../../host/clock.ts';
import { readMachine } from '../../../host/machine.ts';
import { readPrivileges } from '../../../host/privileges.ts';
import { EventBus, type EngineEvent } from '../../events/event-bus.ts';
import type { Image, ImageLookup, ImageMaker } from '../../images/image.ts';
import { VolumeService } from '../../volumes/volume-service.ts';
import { ContainerService } from '../container-service.ts';
import { ContainerStore } from '../container-store.ts';
import type { ContainerContext } from '../context.ts';
import { containerSettings } from '../settings.ts';
import { Standby } from '../standby.ts';

const APPLETS =
  'sh true false sleep cat echo ls id env hostname kill dd head mount stat touch stty wc tr grep readlink';
const IMAGE_LAYER = digestOf('busybox layer');

/** Loopback-less sandboxes made by the runtime, and the host's own. */
class PlainNetworks implements NetworkDriver {
  /** For the next container. */
  reservedSockets: number[] = [];

  async attach(): Promise<Sandbox> {
    return { ports: [], reservedSockets: this.reservedSockets };
  }
  async ensureNetwork(): Promise<void> {}
  async removeNetwork(): Promise<void> {}
  async detach(): Promise<void> {}
  async recover(): Promise<void> {}
  async settle(): Promise<void> {}
  async close(): Promise<void> {}
}

export interface FixtureOptions {
  /** Keep using the folder of an engine that was given up. */
  readonly folder?: string;
}

export class ContainerFixture {
  readonly folder: string;
  readonly context: ContainerContext;
  readonly containers: ContainerService;
  readonly events: EngineEvent[] = [];
  readonly background: Promise<unknown>[] = [];
  readonly warnings: string[] = [];
  /** What creates answered with besides the id. */
  readonly createWarnings: string[] = [];
  readonly failures: unknown[] = [];
  readonly network: PlainNetworks;
  private readonly state: SqliteState;

  private constructor(folder: string, context: ContainerContext, state: SqliteState) {
    this.folder = folder;
    this.state = state;
    this.network = context.network as PlainNetworks;
    this.context = {
      ...context,
      warn: (message) => void this.warnings.push(message),
      inBackground: (_what, work) => {
        const settled = work.catch((error: unknown) => void this.failures.push(error));
        this.background.push(settled);
      },
    };
    this.containers = new ContainerService(this.context);
    context.events.subscribe((event) => this.events.push(event));
  }

  static async open(options: FixtureOptions = {}): Promise<ContainerFixture> {
    const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'gantry-containers-'));
    const [dataRoot, execRoot] = [join(folder, 'data'), join(folder, 'run')];
    mkdirSync(dataRoot, { recursive: true });
    mkdirSync(execRoot, { recursive: true });
    const state = new SqliteState(join(dataRoot, 'state.db'));
    const snapshotter = new OverlaySnapshotter(join(dataRoot, 'snapshots'), state);
    if (!snapshotter.has(IMAGE_LAYER)) makeLayer(snapshotter);
    const events = new EventBus(systemClock);
    const cgroups = prepareCgroups();
    const cgroupParent = `/gantry-test-${folder.slice(-6)}`;
    const files = new LocalRuntimeFiles(dataRoot, execRoot);
    const store = new ContainerStore(state, files);
    const service: { current?: ContainerService } = {};
    const volumes = new VolumeService({
      store: new LocalVolumeStore(dataRoot),
      state,
      events,
      clock: systemClock,
      users: (name) => service.current?.volumeUsers(name) ?? [],
    });
    const runtimes = await findRuntimes({
      root: join(execRoot, 'runtimes'),
      cgroups,
      cgroupParent,
      defaultName: '',
      added: {},
      warn: () => {},
    });
    const monitor = new Conmon({
      program: '/usr/bin/conmon',
      version: 'conmon',
      exitDirectory: join(execRoot, 'exits'),
    });
    const context: ContainerContext = {
      store,
      images: fakeImages(),
      snapshotter,
      networks: {
        resolve: (mode) => {
          if (mode === 'host') return { id: 'h'.repeat(64), name: 'host', driver: 'host' };
          if (mode === 'none' || mode === 'bridge')
            return { id: 'n'.repeat(64), name: mode, driver: 'null' };
          throw new EngineError('not-found', `network ${mode} not found`);
        },
      },
      network: new PlainNetworks(),
      volumes,
      files,
      containerFiles: new FilePool(),
      runtimes,
      monitor,
      standby: new Standby({ files, snapshotter, monitor, runtimes }),
      logs: new FileLogStore(),
      events,
      clock: systemClock,
      machine: readMachine(),
      cgroups,
      settings: containerSettings(
        {
          defaultUlimits: [],
          defaultShmSize: '64M',
          logDriver: 'json-file',
          logOptions: {},
          initPath: '',
          dns: [],
          dnsSearch: [],
          dnsOptions: [],
        },
        {
          privileges: readPrivileges(),
          cgroupParent,
          seccompProfile: '',
          extraMaskedPaths: [],
        },
      ),
      warn: () => {},
      readLog: async function* () {},
      execIdsOf: () => null,
      closing: new AbortController().signal,
      inBackground: () => {},
    };
    const fixture = new ContainerFixture(folder, context, state);
    service.current = fixture.containers;
    await fixture.containers.recover();
    return fixture;
  }

  /** A container that runs these words; further fields as the API has them. */
  async create(
    command: readonly string[],
    more: { name?: string; HostConfig?: object } & Record<string, unknown> = {},
  ): Promise<string> {
    const { name = '', HostConfig = {}, ...config } = more;
    const { id, warnings } = await this.containers.create({
      name,
      platform: '',
      body: body(command, config, HostConfig),
    });
    this.createWarnings.push(...warnings);
    return id;
  }

  /** Runs to the end; the exit code. */
  async run(
    command: readonly string[],
    more: Parameters<ContainerFixture['create']>[1] = {},
  ): Promise<{ id: string; exitCode: number }> {
    const id = await this.create(command, more);
    const ended = this.containers.wait(id, 'next-exit', new AbortController().signal);
    await this.containers.start(id);
    return { id, exitCode: await ended };
  }

  /** Every piece of background work is done, those it begot included. */
  async settled(): Promise<void> {
    for (let done = -1; done !== this.background.length;) {
      done = this.background.length;
      await Promise.all(this.background);
    }
  }

  /** What a container wrote, both streams. */
  async logOf(id: string): Promise<string> {
    const text = await readFile(this.containers.find(id).logPath, 'utf8');
    return text
      .split('\n')
      .filter(Boolean)
      .map((entry) => {
        const [, kind, line = ''] = /^\S+ \S+ ([FP]) (.*)$/.exec(entry) ?? [];
        return kind === 'F' ? `${line}\n` : line;
      })
      .join('')
      .replace(/\n$/, '');
  }

  /** As if the engine were killed: nothing is taken down. */
  abandon(): void {
    void this.context.standby.close(); // the kernel closes what its processes wait on
    this.context.monitor.close();
    this.state.close();
  }

  async close(): Promise<void> {
    for (const container of this.context.store.all())
      await this.containers
        .remove(container.id, { force: true, removeVolumes: true })
        .catch((error: unknown) => this.failures.push(error));
    await this.settled();
    await this.containers.close();
    this.state.close();
    rmSync(this.folder, { recursive: true, force: true });
    if (this.failures.length > 0) throw new AggregateError(this.failures, 'background work failed');
  }
}

function body(command: readonly string[], config: object, hostConfig: object): CreateBody {
  return createBody.parse({
    Image: 'busybox',
    Cmd: command,
    ...config,
    HostConfig: { NetworkMode: 'none', ...hostConfig },
  });
}

function makeLayer(snapshotter: OverlaySnapshotter): void {
  const target = snapshotter.beginUnpack();
  const path = (name: string) => join(target.directory, name);
  for (const name of ['bin', 'etc', 'tmp', 'proc', 'sys', 'dev', 'root', 'data'])
    mkdirSync(path(name));
  cpSync('/bin/busybox', path('bin/busybox'));
  for (const name of APPLETS.split(' ')) symlinkSync('busybox', path(`bin/${name}`));
  writeFileSync(path('etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/:/bin/sh\n');
  writeFileSync(path('etc/group'), 'root:x:0:\nuser:x:1000:\nextra:x:50:user\n');
  writeFileSync(path('data/from-image'), 'seed\n');
  target.commit(IMAGE_LAYER, 1 << 20);
}

function fakeImages(): ImageLookup & ImageMaker {
  const image: Image = {
    id: digestOf('busybox image'),
    repoTags: ['busybox:latest'],
    repoDigests: [],
    diffIds: [IMAGE_LAYER],
    config: {
      ...containerConfig.parse({}),
      Env: ['PATH=/bin', 'FROM_IMAGE=1'],
      Cmd: ['sh'],
    } as never,
    os: 'linux',
    architecture: 'amd64',
    created: '2026-01-01T00:00:00Z',
    sizeBytes: 1 << 20,
  };
  return {
    ensureUnpacked: async () => {},
    find: (reference) => {
      if (['busybox', 'busybox:latest', image.id].includes(reference)) return image;
      throw new EngineError('not-found', `No such image: ${reference}:latest`);
    },
    get: (id) => (id === image.id ? image : undefined),
    commit: () => Promise.reject(new Error('there is no image store here')),
  };
}
