/**
 * The layers of an archive that is being loaded. Each is unpacked as soon as its file has arrived,
 * while the rest of the archive comes in: which files are layers is only told at the archive's end,
 * but what begins like one seldom is anything else. What turns out to be none is dropped.
 */
import type { Ingest, ReceivedFile } from '../../drivers/content.ts';
import { MEDIA_TYPE } from '../../formats/manifest.ts';
import type { LayerRecord } from './image-record.ts';
import type { LayerStore } from './layer-store.ts';
import type { Lease } from './storage-uses.ts';

export class ArchiveLayers implements AsyncDisposable {
  private readonly layers: LayerStore;
  private readonly lease: Lease;
  private readonly ending = new AbortController();
  private readonly signal: AbortSignal;
  /** Images share layers, and a layer may occur in one image twice. */
  private readonly taken = new Map<Ingest, Promise<LayerRecord>>();

  /** `lease` holds what comes out. */
  constructor(layers: LayerStore, lease: Lease, signal: AbortSignal) {
    this.layers = layers;
    this.lease = lease;
    this.signal = AbortSignal.any([signal, this.ending.signal]);
  }

  /** Begins with a file that has just arrived, if it may be a layer. */
  arrived(file: ReceivedFile): void {
    if (file.mayBeLayer) void this.of(file.ingest).catch(() => {}); // told to whoever wants it
  }

  of(ingest: Ingest): Promise<LayerRecord> {
    let layer = this.taken.get(ingest);
    if (layer === undefined) {
      layer = this.takeIn(ingest);
      this.taken.set(ingest, layer);
    }
    return layer;
  }

  private async takeIn(ingest: Ingest): Promise<LayerRecord> {
    const { lease } = this;
    const layer = await this.layers.adopt(ingest, this.signal, ({ diffId, digest }) => {
      lease.hold('layer', digest);
      lease.hold('snapshot', diffId);
    });
    return {
      diffId: layer.diffId,
      digest: layer.digest,
      mediaType: MEDIA_TYPE.ociLayer,
      blobBytes: layer.blobBytes,
      sizeBytes: layer.sizeBytes,
    };
  }

  /** Ends what nobody waits for any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.ending.abort();
    await Promise.allSettled(this.taken.values());
  }
}
