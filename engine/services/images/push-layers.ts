/**
 * Layers on their way out, each sent once however many pushes want it there at the same time: what
 * the repository has is skipped, what another repository of the registry has is mounted, the rest goes
 * as it is kept, or packed on the way when it is kept in a form that registries do not take.
 */
import type { ProgressMessage } from '../../contract/images.ts';
import type { ContentStore } from '../../drivers/content.ts';
import type { PushTarget, UploadedBlob } from '../../drivers/registry.ts';
import type { Records, StateStore } from '../../drivers/state.ts';
import type { Digest } from '../../formats/digest.ts';
import { PACKING_HEAD_BYTES, pushableLayerType } from '../../formats/layer-packing.ts';
import { MEDIA_TYPE, type Descriptor } from '../../formats/manifest.ts';
import { repositoryOf, type Reference } from '../../formats/reference.ts';
import type { LayerRecord } from './image-record.ts';
import { barLine, shortId, stepLine } from './progress.ts';
import type { PushSlots } from './push-slots.ts';
import { SharedWork } from './shared-work.ts';

export interface LayerPush {
  readonly layer: LayerRecord;
  readonly target: PushTarget;
  /** The repository it goes to. */
  readonly reference: Reference;
  /** Paths of repositories of the same registry that have the layer, likeliest first. */
  readonly sources: readonly string[];
  readonly push: (line: ProgressMessage) => void;
  readonly signal: AbortSignal;
}

type Step = ((id: string) => ProgressMessage) | undefined;

export class LayerPusher {
  private readonly content: ContentStore;
  private readonly slots: PushSlots;
  /** Blob as it is kept → what was made of it for registries. */
  private readonly packed: Records<UploadedBlob>;
  private readonly work = new SharedWork<Step, Descriptor>();

  constructor(content: ContentStore, state: StateStore, slots: PushSlots) {
    this.content = content;
    this.slots = slots;
    this.packed = state.records<UploadedBlob>('packed_layers');
  }

  /** Resolves with what the manifest is to say of the layer, once the repository has it. */
  async push(task: LayerPush): Promise<Descriptor> {
    const { layer, reference, signal } = task;
    const id = shortId(layer.diffId);
    const tell = (step: Step) => step && task.push(step(id));
    const key = `${repositoryOf(reference)} ${layer.digest}`;
    return await this.work.join(key, signal, tell, (joint) =>
      this.bring({ ...task, signal: joint.signal }, joint.onProgress),
    );
  }

  private async bring(task: LayerPush, tell: (step: Step) => void): Promise<Descriptor> {
    const { layer, target, signal } = task;
    const say = (status: string) => tell((id) => stepLine(status, id));
    using _ = await this.slots.take(signal, () => say('Waiting'));
    const type = await this.typeOf(layer.digest);
    const known = type
      ? { digest: layer.digest, sizeBytes: this.content.sizeBytes(layer.digest) }
      : this.packed.get(layer.digest);
    const mediaType = type ?? MEDIA_TYPE.ociLayerGzip;
    if (known !== undefined) {
      const descriptor = { mediaType, digest: known.digest, size: known.sizeBytes };
      if ((await target.blobSize(known.digest, signal)) !== undefined) {
        say('Layer already exists');
        return descriptor;
      }
      for (const source of task.sources)
        if (await target.mount(known.digest, source, signal)) {
          say(`Mounted from ${source}`);
          return descriptor;
        }
    }
    const sent = await this.upload(task, type !== undefined, tell);
    say('Pushed');
    return { mediaType, digest: sent.digest, size: sent.sizeBytes };
  }

  private async upload(
    { layer, target, signal }: LayerPush,
    isPushable: boolean,
    tell: (step: Step) => void,
  ): Promise<UploadedBlob> {
    const { digest } = layer;
    const totalBytes = this.content.sizeBytes(digest);
    const bar = (sentBytes: number) =>
      tell((id) => barLine('Pushing', id, Math.min(sentBytes, totalBytes), totalBytes));
    bar(0);
    const path = this.content.pathOf(digest);
    const source = isPushable
      ? ({ kind: 'file', digest, path } as const)
      : ({ kind: 'packed-anew', path } as const);
    const sent = await target.upload(source, { signal, onProgress: bar });
    bar(totalBytes);
    if (!isPushable) this.remember(digest, sent);
    return sent;
  }

  /** How a blob is packed is told by its bytes: what a manifest or an archive called it may be wrong. */
  private async typeOf(digest: Digest): Promise<string | undefined> {
    for await (const piece of this.content.stream(digest))
      return pushableLayerType(piece.subarray(0, PACKING_HEAD_BYTES));
    return undefined;
  }

  private remember(kept: Digest, sent: UploadedBlob): void {
    for (const [digest] of this.packed.all())
      if (!this.content.has(digest as Digest)) this.packed.delete(digest);
    this.packed.put(kept, sent);
  }
}
