/**
 * Layers on their way in: each is fetched and unpacked once, however many pulls want it at the same
 * time, and the work ends when the last of them has gone.
 */
import { EngineError, hasCode, messageOf } from '../../contract/errors.ts';
import type { ContentStore, Ingest } from '../../drivers/content.ts';
import type { Repository } from '../../drivers/registry.ts';
import type { Snapshotter } from '../../drivers/snapshots.ts';
import {
  STALE_INGEST,
  type LayerInput,
  type UnpackedLayer,
  type Unpacker,
  type UnpackProgress,
} from '../../drivers/unpacker.ts';
import type { Digest } from '../../formats/digest.ts';
import type { Descriptor } from '../../formats/manifest.ts';
import { SharedWork } from './shared-work.ts';

export interface WantedLayer {
  readonly diffId: Digest;
  readonly blob: Descriptor;
  readonly repository: Repository;
}

export class LayerStore {
  private readonly content: ContentStore;
  private readonly snapshotter: Snapshotter;
  private readonly unpacker: Unpacker;
  private readonly work = new SharedWork<UnpackProgress, UnpackedLayer>();

  constructor(content: ContentStore, snapshotter: Snapshotter, unpacker: Unpacker) {
    this.content = content;
    this.snapshotter = snapshotter;
    this.unpacker = unpacker;
  }

  /** True when the layer is unpacked and its blob kept, and the disk says so too. Cheap. */
  isWhole(diffId: Digest, digest: Digest, blobBytes: number): boolean {
    // Both are asked, so that each can notice what is wrong with its own.
    const isKept = this.content.holds(digest, blobBytes);
    return this.snapshotter.isPresent(diffId) && isKept;
  }

  sizeBytes(diffId: Digest): number {
    return this.snapshotter.sizeBytes(diffId);
  }

  /** Fetches and unpacks the layer, or joins whoever is doing so. */
  fetch(
    layer: WantedLayer,
    signal: AbortSignal,
    onProgress: (progress: UnpackProgress) => void,
  ): Promise<UnpackedLayer> {
    const key = `${layer.blob.digest} ${layer.diffId}`;
    return this.work.join(key, signal, onProgress, async (joint) => {
      if (this.content.has(layer.blob.digest)) {
        const kept = this.unpackKept(layer.blob.digest, layer.diffId, joint);
        // A blob that was damaged on disk is set apart now, and is fetched like any other.
        return await kept.catch((error: unknown) => {
          if (this.content.has(layer.blob.digest)) throw error;
          return this.download(layer, joint);
        });
      }
      return await this.download(layer, joint);
    });
  }

  /** Unpacks a layer again from its blob, as after an unclean boot. */
  restore(digest: Digest, diffId: Digest): Promise<UnpackedLayer> {
    const never = new AbortController().signal;
    return this.work.join(`${digest} ${diffId}`, never, undefined, (joint) =>
      this.unpackKept(digest, diffId, joint),
    );
  }

  /**
   * Takes in a layer whose digests are not known yet, keeps it as a blob and unpacks it. `hold` is
   * called with what came out before anything of it could be freed; it may refuse by throwing.
   */
  async adopt(
    ingest: Ingest,
    signal: AbortSignal,
    hold: (layer: UnpackedLayer) => void,
  ): Promise<UnpackedLayer> {
    const input: LayerInput = { kind: 'file', path: ingest.path };
    return await this.unpack(input, { signal }, async (layer) => {
      hold(layer);
      await ingest.commit(layer.digest);
    });
  }

  private async download(layer: WantedLayer, joint: Joint): Promise<UnpackedLayer> {
    const { digest, size } = layer.blob;
    const ingest = this.content.ingest(digest);
    const sources = layer.repository.sources(layer.blob);
    let isFresh = false;
    for (;;) {
      const source = await sources.current(joint.signal);
      const input = {
        kind: 'download',
        source,
        digest,
        sizeBytes: size,
        ingestPath: ingest.path,
      } as const;
      try {
        return await this.unpack(input, joint, async (unpacked) => {
          expectDiffId(unpacked, layer.diffId, () => ingest.discard());
          await ingest.commit(digest);
        });
      } catch (error) {
        joint.signal.throwIfAborted();
        if (messageOf(error) === STALE_INGEST && !isFresh) isFresh = true;
        else await sources.turnFrom(error, joint.signal);
      }
    }
  }

  private async unpackKept(digest: Digest, diffId: Digest, joint: Joint): Promise<UnpackedLayer> {
    if (!this.content.has(digest))
      throw new EngineError('not-found', `layer ${digest} is missing: pull the image again`);
    const input: LayerInput = { kind: 'file', path: this.content.pathOf(digest) };
    try {
      return await this.unpack(input, joint, async (unpacked) => {
        if (unpacked.digest !== digest) throw damaged(digest);
        expectDiffId(unpacked, diffId, () => {});
      });
    } catch (error) {
      // Either the blob was damaged since it came, or who names it lies about what it is.
      const isDoubtful = hasCode(error, 'invalid-argument') || hasCode(error, 'internal');
      if (!isDoubtful || (await this.isSound(digest))) throw error;
      this.content.markDamaged(digest);
      throw damaged(digest, error);
    }
  }

  /** Reads the whole blob: others may stand on it, so it is given up for nothing less. */
  private async isSound(digest: Digest): Promise<boolean> {
    try {
      for await (const _ of this.content.stream(digest));
      return true;
    } catch {
      return false;
    }
  }

  /** Unpacks into a fresh directory, which becomes the snapshot once `accept` has agreed. */
  private async unpack(
    input: LayerInput,
    joint: Joint,
    accept: (layer: UnpackedLayer) => Promise<void>,
  ): Promise<UnpackedLayer> {
    const target = this.snapshotter.beginUnpack();
    try {
      const layer = await this.unpacker.unpack(input, { directory: target.directory, ...joint });
      await accept(layer);
      target.commit(layer.diffId, layer.sizeBytes);
      return layer;
    } catch (error) {
      await target.abort();
      throw error;
    }
  }
}

interface Joint {
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: UnpackProgress) => void;
}

function damaged(digest: Digest, cause?: unknown): EngineError {
  return new EngineError('internal', `blob ${digest} is damaged on disk: pull the image again`, {
    cause,
  });
}

function expectDiffId(layer: UnpackedLayer, diffId: Digest, onWrong: () => void): void {
  if (layer.diffId === diffId) return;
  onWrong();
  throw new EngineError(
    'invalid-argument',
    `wrong diff id calculated on extraction "${layer.diffId}"`,
  );
}
