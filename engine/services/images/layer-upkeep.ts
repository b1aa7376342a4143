/**
 * Keeps unpacked layers usable: unpacks again what a crash of the machine took, and makes durable what
 * came in since. Files of layers are not fsynced one by one, so a layer counts for the boot it was
 * unpacked in until the whole disk was synced once.
 */
import { EngineError } from '../../contract/errors.ts';
import type { Snapshotter } from '../../drivers/snapshots.ts';
import type { Unpacker } from '../../drivers/unpacker.ts';
import type { Clock } from '../../host/clock.ts';
import type { Image } from './image.ts';
import type { ImageStore } from './image-store.ts';
import type { LayerStore } from './layer-store.ts';

/** After a pull, how long until its snapshots are made to survive a crash of the machine. */
const DURABLE_AFTER_MS = 10_000;

export interface UpkeepParts {
  readonly images: ImageStore;
  readonly layers: LayerStore;
  readonly snapshotter: Snapshotter;
  readonly unpacker: Unpacker;
  readonly clock: Clock;
}

export class LayerUpkeep {
  private readonly parts: UpkeepParts;
  private readonly closing = new AbortController();
  private isSyncPlanned = false;

  constructor(parts: UpkeepParts) {
    this.parts = parts;
  }

  /** Resolves once every layer of the image is there; what is missing is unpacked from its blob. */
  async ensureUnpacked(image: Pick<Image, 'id' | 'diffIds'>): Promise<void> {
    const { snapshotter, images, layers } = this.parts;
    const missing = image.diffIds.filter((diffId) => !snapshotter.isPresent(diffId));
    if (missing.length === 0) return;
    const record = images.get(image.id);
    const digests = new Map(record?.layers.map((layer) => [layer.diffId, layer.digest]));
    await Promise.all(
      missing.map(async (diffId) => {
        const digest = digests.get(diffId);
        if (digest === undefined)
          throw new EngineError('not-found', `layer ${diffId} is missing: pull the image again`);
        await layers.restore(digest, diffId);
      }),
    );
    this.planSync();
  }

  /** Call after layers came in. Off the reply path: the disk writes the files back by then anyway. */
  planSync(): void {
    if (this.isSyncPlanned) return;
    this.isSyncPlanned = true;
    void this.parts.clock
      .sleep(DURABLE_AFTER_MS, this.closing.signal)
      .then(() => {
        this.isSyncPlanned = false;
        return this.makeDurable();
      })
      .catch(() => {}); // without it the layers are unpacked again after a crash of the machine
  }

  /** At a clean stop. */
  async close(): Promise<void> {
    this.closing.abort(new EngineError('cancelled', 'the engine is stopping'));
    await this.makeDurable();
  }

  private async makeDurable(): Promise<void> {
    const { snapshotter, unpacker } = this.parts;
    // One may have gone without anybody's doing here: a disk that lost it is told of elsewhere.
    const volatile = snapshotter.listVolatile().filter((it) => snapshotter.isPresent(it));
    const first = volatile[0];
    if (first === undefined) return;
    await unpacker.syncDisk(snapshotter.pathOf(first));
    snapshotter.markDurable(volatile);
  }
}
