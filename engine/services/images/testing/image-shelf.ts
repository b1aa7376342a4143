/** Images as records alone, without any file: what listing, removing and pruning work on. */
import type { ContentStore } from '../../../drivers/content.ts';
import type { Snapshotter } from '../../../drivers/snapshots.ts';
import { SqliteState } from '../../../drivers/state/sqlite.ts';
import { digestOf, type Digest } from '../../../formats/digest.ts';
import { parseReference } from '../../../formats/reference.ts';
import { systemClock } from '../../../host/clock.ts';
import { EventBus, type EngineEvent } from '../../events/event-bus.ts';
import type { ImageRecord } from '../image-record.ts';
import { ImageStore } from '../image-store.ts';
import { StorageUses } from '../storage-uses.ts';

export interface ShelvedImage extends Partial<Pick<ImageRecord, 'created' | 'parent' | 'config'>> {
  readonly names?: readonly string[];
  /** Each stands for a layer whose size is the length of its name. */
  readonly layers?: readonly string[];
}

export class ImageShelf {
  readonly events: EngineEvent[] = [];
  readonly containers: { imageId: string; id: string; name: string; running: boolean }[] = [];
  readonly bus = new EventBus(systemClock);
  readonly content = { remove: () => {}, has: () => false } as unknown as ContentStore;
  readonly images: ImageStore;

  constructor() {
    const snapshotter = { remove: () => Promise.resolve() } as unknown as Snapshotter;
    const uses = new StorageUses(this.content, snapshotter);
    this.images = new ImageStore(new SqliteState(':memory:'), uses);
    this.bus.subscribe((event) => this.events.push(event));
  }

  /** What listing, removing and pruning are given. */
  get parts() {
    const { images, content, bus: events } = this;
    return { images, content, events, users: () => this.users };
  }

  private readonly users = {
    containersOf: (id: Digest) => this.containers.filter((user) => user.imageId === id),
    containersPerImage: () => {
      const ids = this.containers.map((user) => user.imageId);
      return new Map(ids.map((id) => [id, ids.filter((other) => other === id).length]));
    },
  };

  /** Returns the id, which is the digest of `seed`. */
  add(seed: string, image: ShelvedImage = {}): Digest {
    const id = digestOf(seed);
    const { names = [`${seed}:latest`], layers = [seed], ...rest } = image;
    this.images.add(
      {
        id,
        layers: layers.map((name) => ({
          diffId: digestOf(name),
          digest: digestOf(`blob of ${name}`),
          mediaType: '',
          blobBytes: 1,
          sizeBytes: name.length,
        })),
        manifests: [],
        config: {},
        os: 'linux',
        architecture: 'amd64',
        created: '2024-01-01T00:00:00Z',
        lastTagged: '',
        ...rest,
      },
      names.map(parseReference),
    );
    return id;
  }

  use(imageId: Digest, running = false): string {
    const id = digestOf(`container ${this.containers.length}`).slice(7);
    this.containers.push({ imageId, id, name: 'user', running });
    return id.slice(0, 12);
  }
}
