/** The image service with all its real parts, over a temporary folder. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProgressMessage } from '../../../contract/images.ts';
import { FileContentStore } from '../../../drivers/content/file-content.ts';
import { HttpDownloads } from '../../../drivers/registry/http-downloads.ts';
import { HttpRegistry, type RegistrySettings } from '../../../drivers/registry/http-registry.ts';
import { NO_PROXIES } from '../../../drivers/registry/proxies.ts';
import { OverlaySnapshotter } from '../../../drivers/snapshots/overlay.ts';
import { ThreadedSurveyor } from '../../../drivers/snapshots/threaded-surveyor.ts';
import { UnpackPool } from '../../../drivers/snapshots/unpack-pool.ts';
import { SqliteState } from '../../../drivers/state/sqlite.ts';
import { parseReference, withDefaultTag } from '../../../formats/reference.ts';
import { systemClock } from '../../../host/clock.ts';
import { EventBus, type EngineEvent } from '../../events/event-bus.ts';
import { ImageService } from '../image-service.ts';
import type { PullRequest } from '../pull.ts';
import type { PushRequest } from '../push.ts';

export interface User {
  readonly imageId: string;
  readonly id: string;
  readonly name: string;
  readonly running: boolean;
}

/** No mirrors, no certificates, no proxy. */
export const REGISTRY_SETTINGS: RegistrySettings = {
  mirrors: {},
  insecure: [],
  certificates: '/nonexistent',
  proxies: NO_PROXIES,
  silenceMs: 30_000,
};

export class ImageWorld implements AsyncDisposable {
  readonly folder: string;
  readonly events: EngineEvent[] = [];
  /** Containers that use images. */
  readonly users: User[] = [];
  bus!: EventBus;
  state!: SqliteState;
  content!: FileContentStore;
  snapshotter!: OverlaySnapshotter;
  unpacker!: UnpackPool;
  surveyor!: ThreadedSurveyor;
  images!: ImageService;

  private readonly settings: Partial<RegistrySettings>;

  private constructor(folder: string, settings: Partial<RegistrySettings>) {
    this.folder = folder;
    this.settings = settings;
  }

  static async create(settings: Partial<RegistrySettings> = {}): Promise<ImageWorld> {
    const world = new ImageWorld(mkdtempSync(join(tmpdir(), 'gantry-images-')), settings);
    await world.open();
    return world;
  }

  /** Another `bootId` is another boot of the machine. */
  async open(bootId = 'boot-1'): Promise<void> {
    mkdirSync(this.folder, { recursive: true });
    this.bus = new EventBus(systemClock);
    this.bus.subscribe((event) => this.events.push(event));
    this.state = new SqliteState(join(this.folder, 'state.db'));
    this.content = new FileContentStore(join(this.folder, 'content'));
    this.snapshotter = new OverlaySnapshotter(join(this.folder, 'snapshots'), this.state, bootId);
    this.unpacker = new UnpackPool();
    this.surveyor = new ThreadedSurveyor();
    this.images = new ImageService({
      state: this.state,
      content: this.content,
      snapshotter: this.snapshotter,
      unpacker: this.unpacker,
      surveyor: this.surveyor,
      registry: new HttpRegistry({ ...REGISTRY_SETTINGS, ...this.settings }, systemClock),
      downloads: new HttpDownloads({ ...REGISTRY_SETTINGS, ...this.settings }),
      events: this.bus,
      clock: systemClock,
      users: () => ({
        containersOf: (id) => this.users.filter((user) => user.imageId === id),
        containersPerImage: () => {
          const ids = this.users.map((user) => user.imageId);
          return new Map(ids.map((id) => [id, ids.filter((other) => other === id).length]));
        },
      }),
      architecture: process.arch,
      maxConcurrentUploads: 5,
    });
    await this.images.recover();
  }

  /** Ends as `kill -9` does: nothing is told, nothing flushed. */
  async crash(): Promise<void> {
    await this.unpacker.close();
    await this.surveyor.close();
    this.state.close();
  }

  /** Ends as on SIGTERM. */
  async stop(): Promise<void> {
    await this.images.close();
    await this.crash();
  }

  /** Pulls to the end; every line of progress. */
  async pull(
    name: string,
    options: Partial<PullRequest> = {},
    signal: AbortSignal = new AbortController().signal,
  ): Promise<ProgressMessage[]> {
    const lines: ProgressMessage[] = [];
    const reference = withDefaultTag(parseReference(name));
    for await (const line of this.images.pull({ reference, platform: '', ...options }, signal))
      lines.push(line);
    return lines;
  }

  /** Pushes a tag, or all of a repository, to the end; every line of progress. */
  async push(
    name: string,
    options: Partial<PushRequest> = {},
    signal: AbortSignal = new AbortController().signal,
  ): Promise<ProgressMessage[]> {
    const lines: ProgressMessage[] = [];
    const request = { reference: parseReference(name), platform: undefined, ...options };
    for await (const line of this.images.push(request, signal)) lines.push(line);
    return lines;
  }

  /** Where the layers of an image lie, lowest first. */
  layersOf(name: string): string[] {
    return this.images.find(name).diffIds.map((diffId) => this.snapshotter.pathOf(diffId));
  }

  /** Names in the folders of layers, blobs and partial blobs. */
  onDisk(): { layers: number; blobs: number; ingests: number } {
    const count = (...path: string[]) => {
      const folder = join(this.folder, ...path);
      return existsSync(folder) ? readdirSync(folder).length : 0;
    };
    return {
      layers: count('snapshots', 'layers'),
      blobs: count('content', 'blobs', 'sha256'),
      ingests: count('content', 'ingest'),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.snapshotter.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Statuses of one layer or tag, repeats of a bar left out. */
export function stepsOf(lines: readonly ProgressMessage[], id: string): string[] {
  const statuses = lines.filter((line) => line.id === id).map((line) => line.status ?? '');
  return statuses.filter((status, index) => status !== statuses[index - 1]);
}
