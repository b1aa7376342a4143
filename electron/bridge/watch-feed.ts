/**
 * The engine's list-and-watch stream, fanned in once and out to every window: keeps the last whole
 * state to answer windows that come late, and hands on changes in batches, at most one every
 * `BATCH_MS` and only the last of each object in a batch. No timer runs while nothing changes.
 */
import type { WatchMessage } from '../../engine/contract/gantry.ts';
import type { WatchChange } from '../ipc/contract.ts';

const BATCH_MS = 16;

type Reset = Extract<WatchChange, { kind: 'reset' }>;

export class WatchFeed {
  readonly #onBatch: (changes: readonly WatchChange[]) => void;
  #engine: Reset['engine'] | undefined;
  readonly #containers = new Map<string, Reset['containers'][number]>();
  readonly #images = new Map<string, Reset['images'][number]>();
  readonly #batch = new Map<string, WatchChange>();
  #timer: NodeJS.Timeout | undefined;

  constructor(onBatch: (changes: readonly WatchChange[]) => void) {
    this.#onBatch = onBatch;
  }

  /** Everything known; null before the engine was reached for the first time. */
  get state(): Reset | null {
    if (!this.#engine) return null;
    return {
      kind: 'reset',
      engine: this.#engine,
      containers: [...this.#containers.values()],
      images: [...this.#images.values()],
    };
  }

  receive(message: WatchMessage): void {
    if (message.kind === 'beat') return;
    this.#keep(message);
    if (message.kind === 'reset') this.#batch.clear();
    const key = keyOf(message);
    this.#batch.delete(key); // so that the batch keeps the order of the last changes
    this.#batch.set(key, message);
    this.#timer ??= setTimeout(() => this.#flush(), BATCH_MS);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #keep(change: WatchChange): void {
    switch (change.kind) {
      case 'reset':
        this.#engine = change.engine;
        this.#containers.clear();
        this.#images.clear();
        for (const container of change.containers) this.#containers.set(container.Id, container);
        for (const image of change.images) this.#images.set(image.Id, image);
        return;
      case 'container':
        this.#containers.set(change.value.Id, change.value);
        return;
      case 'container-gone':
        this.#containers.delete(change.id);
        return;
      case 'image':
        this.#images.set(change.value.Id, change.value);
        return;
      case 'image-gone':
        this.#images.delete(change.id);
    }
  }

  #flush(): void {
    this.#timer = undefined;
    const changes = [...this.#batch.values()];
    this.#batch.clear();
    this.#onBatch(changes);
  }
}

function keyOf(change: WatchChange): string {
  switch (change.kind) {
    case 'reset':
      return 'reset';
    case 'container':
      return `container ${change.value.Id}`;
    case 'container-gone':
      return `container ${change.id}`;
    case 'image':
      return `image ${change.value.Id}`;
    case 'image-gone':
      return `image ${change.id}`;
  }
}
