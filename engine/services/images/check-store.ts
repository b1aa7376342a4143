/**
 * The scrub: every blob is held against its digest, every unpacked layer against its blob, every
 * record against what is on disk. What is damaged is marked, so that the next pull heals it; a layer
 * that no container stands on is dropped, and unpacked again from its blob when it is needed.
 */
import { hasCode } from '../../contract/errors.ts';
import type { StoreCheckMessage } from '../../contract/store.ts';
import type { ContentStore } from '../../drivers/content.ts';
import type { Snapshotter } from '../../drivers/snapshots.ts';
import type { LayerComparison, StoreSurveyor } from '../../drivers/store-surveyor.ts';
import type { Digest } from '../../formats/digest.ts';
import { familiarString } from '../../formats/reference.ts';
import { needsOf, type ImageRecord, type LayerRecord } from './image-record.ts';
import type { ImageStore } from './image-store.ts';

export interface CheckParts {
  readonly images: ImageStore;
  readonly content: ContentStore;
  readonly snapshotter: Snapshotter;
  readonly surveyor: StoreSurveyor;
  /** True when a container may stand on an image with that layer. */
  readonly isLayerUsed: (diffId: Digest) => boolean;
  /** With an engine at rest nothing is under way, and what no record names was left behind. */
  readonly isAtRest: boolean;
}

type Problem = Extract<StoreCheckMessage, { kind: 'problem' }>;

/** Yields what it finds as it finds it, and sums up at the end. */
export async function* checkStore(
  parts: CheckParts,
  signal: AbortSignal,
): AsyncGenerator<StoreCheckMessage> {
  const scrub = new Scrub(parts, signal);
  yield* scrub.missing();
  yield* scrub.layers();
  yield* scrub.documents();
  if (parts.isAtRest) yield* scrub.leftovers();
  yield scrub.summary();
}

class Scrub {
  private readonly parts: CheckParts;
  private readonly signal: AbortSignal;
  /** Which images need a blob or a snapshot. */
  private readonly owners = new Map<Digest, ImageRecord[]>();
  private readonly checked = new Set<Digest>();
  private readonly totalBytes: number;
  private readonly sum = { blobs: 0, layers: 0, bytes: 0, problems: 0, leftovers: 0 };

  constructor(parts: CheckParts, signal: AbortSignal) {
    this.parts = parts;
    this.signal = signal;
    for (const record of this.records())
      for (const digest of new Set(needsOf(record).map((need) => need.digest)))
        this.owners.set(digest, [...(this.owners.get(digest) ?? []), record]);
    const { content } = parts;
    this.totalBytes = content.list().reduce((sum, digest) => sum + bytesOf(content, digest), 0);
  }

  summary(): StoreCheckMessage {
    return { kind: 'done', ...this.sum };
  }

  /** Blobs and layers that records name and the disk does not have. */
  *missing(): Generator<StoreCheckMessage> {
    const { content, snapshotter } = this.parts;
    const damaged = new Set(content.listDamaged());
    const needs = new Map(
      this.records()
        .flatMap(needsOf)
        .map((need) => [need.digest, need.kind]),
    );
    for (const [digest, kind] of needs)
      if (kind === 'snapshot') {
        if (snapshotter.has(digest) && !snapshotter.isPresent(digest))
          yield this.problem('missing-layer', digest, 'its directory is gone', UNPACKS_AGAIN);
      } else if (damaged.has(digest))
        yield this.problem('damaged-blob', digest, 'was found damaged before', PULL);
      else if (bytesOf(content, digest) === 0 && !content.has(digest))
        yield this.problem('missing-blob', digest, 'its file is gone', PULL);
  }

  /** Layers with the blobs they came from. */
  async *layers(): AsyncGenerator<StoreCheckMessage> {
    const { content, snapshotter, surveyor } = this.parts;
    const layers = new Map(
      this.records().flatMap((record) => record.layers.map((layer) => [layer.diffId, layer])),
    );
    for (const layer of layers.values()) {
      if (!content.has(layer.digest) || !snapshotter.has(layer.diffId)) continue;
      const bytes = bytesOf(content, layer.digest);
      const comparison = await this.unlessGone(() =>
        surveyor.compareLayer(
          content.pathOf(layer.digest),
          snapshotter.pathOf(layer.diffId),
          this.signal,
        ),
      );
      if (comparison === undefined) continue;
      yield* this.judge(layer, comparison);
      yield this.count(layer.digest, bytes);
      this.sum.layers++;
    }
  }

  private async *judge(
    { digest, diffId }: LayerRecord,
    comparison: LayerComparison,
  ): AsyncGenerator<StoreCheckMessage> {
    if (comparison.digest !== digest) {
      this.parts.content.markDamaged(digest);
      yield this.problem('damaged-blob', digest, `holds ${comparison.digest}`, PULL);
      return; // says nothing of the layer
    }
    if (comparison.differenceCount === 0) return;
    const shown = comparison.differences.slice(0, 5).map((name) => `/${name}`);
    const more = comparison.differenceCount > shown.length ? ' …' : '';
    const isUsed = this.parts.isLayerUsed(diffId);
    yield this.problem(
      'damaged-layer',
      diffId,
      `differs from its blob in ${comparison.differenceCount} files: ${shown.join(', ')}${more}`,
      isUsed ? IN_USE : UNPACKS_AGAIN,
    );
    if (!isUsed) await this.parts.snapshotter.remove(diffId);
  }

  /** Blobs that were not read with their layer: manifests, configurations, layers not unpacked. */
  async *documents(): AsyncGenerator<StoreCheckMessage> {
    const { content, surveyor } = this.parts;
    for (const digest of content.list()) {
      if (this.checked.has(digest)) continue;
      const bytes = bytesOf(content, digest);
      const path = content.pathOf(digest);
      const actual = await this.unlessGone(() => surveyor.digestOf(path, this.signal));
      if (actual === undefined) continue;
      if (actual !== digest) {
        content.markDamaged(digest);
        yield this.problem('damaged-blob', digest, `holds ${actual}`, PULL);
      }
      yield this.count(digest, bytes);
    }
  }

  *leftovers(): Generator<StoreCheckMessage> {
    const { content, snapshotter } = this.parts;
    const blobs = content
      .list()
      .filter((digest) => !this.owners.has(digest))
      .map((digest) => ({ what: `blob ${digest}`, bytes: bytesOf(content, digest) }));
    const directories = snapshotter.listLeftovers().map((path) => ({ what: path, bytes: 0 }));
    for (const leftover of [...blobs, ...content.listIngests(), ...directories]) {
      this.sum.leftovers++;
      yield { kind: 'leftover', ...leftover };
    }
  }

  private records(): ImageRecord[] {
    return [...this.parts.images.all(), ...this.parts.images.detached()];
  }

  private count(digest: Digest, bytes: number): StoreCheckMessage {
    this.checked.add(digest);
    this.sum.blobs++;
    this.sum.bytes += bytes;
    return { kind: 'progress', doneBytes: this.sum.bytes, totalBytes: this.totalBytes };
  }

  /** What is removed while a check runs is no finding. */
  private async unlessGone<T>(look: () => Promise<T>): Promise<T | undefined> {
    try {
      return await look();
    } catch (error) {
      if (hasCode(error, 'not-found')) return undefined;
      throw error;
    }
  }

  private problem(
    problem: Problem['problem'],
    digest: Digest,
    what: string,
    advice: string,
  ): StoreCheckMessage {
    this.sum.problems++;
    const subject = problem.endsWith('blob') ? 'blob' : 'layer';
    const images = (this.owners.get(digest) ?? []).map((record) => this.nameOf(record));
    return {
      kind: 'problem',
      problem,
      digest,
      message: `${subject} ${digest} ${what}: ${advice}`,
      images,
    };
  }

  private nameOf({ id }: ImageRecord): string {
    const [name] = this.parts.images.referencesOf(id);
    return name === undefined ? id : familiarString(name);
  }
}

const PULL = 'pull the image again';
const UNPACKS_AGAIN = 'it is unpacked again when it is next needed';
const IN_USE = 'containers stand on it: remove them and check again';

/** 0 for one that is gone. */
function bytesOf(content: ContentStore, digest: Digest): number {
  try {
    return content.sizeBytes(digest);
  } catch {
    return 0;
  }
}
