/**
 * Who needs which blob and snapshot. Images and work under way (pulls, imports) take hold of what
 * they need; what the last holder lets go of is removed. So a shared layer is kept once, stays while
 * anyone needs it, and goes when nobody does, whatever runs at the same time.
 */
import type { ContentStore } from '../../drivers/content.ts';
import type { Snapshotter } from '../../drivers/snapshots.ts';
import type { Digest } from '../../formats/digest.ts';

/**
 * `layer` and `document` (manifest, configuration) are blobs, and a hostile manifest may name one
 * image's layer as another's configuration: as long as anyone holds a blob as either, it stays.
 */
type Kind = 'snapshot' | 'layer' | 'document';

export class StorageUses {
  private readonly content: ContentStore;
  private readonly snapshotter: Snapshotter;
  private readonly counts = new Map<string, number>();
  /** Removals under way, so that `settled` can wait for them. */
  private readonly removals = new Set<Promise<void>>();

  constructor(content: ContentStore, snapshotter: Snapshotter) {
    this.content = content;
    this.snapshotter = snapshotter;
  }

  hold(kind: Kind, digest: Digest): void {
    const key = keyOf(kind, digest);
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }

  /** Lets go. What nobody needs any more is removed; a layer may be kept for a later download. */
  release(kind: Kind, digest: Digest, mayBeWantedAgain: boolean): void {
    const key = keyOf(kind, digest);
    const count = (this.counts.get(key) ?? 0) - 1;
    if (count > 0) {
      this.counts.set(key, count);
      return;
    }
    this.counts.delete(key);
    if (kind === 'snapshot') this.track(this.snapshotter.remove(digest));
    else if (kind === 'layer' && mayBeWantedAgain) this.content.setAside(digest);
    else this.content.remove(digest);
  }

  /** True when someone holds it. */
  isHeld(kind: Kind, digest: Digest): boolean {
    return this.counts.has(keyOf(kind, digest));
  }

  /**
   * A holder for work under way; disposing of it lets go of everything it took. `keepsLayers`: those
   * nobody else needs are set aside for another attempt.
   */
  lease({ keepsLayers }: { keepsLayers: boolean }): Lease {
    return new Lease(this, keepsLayers);
  }

  /** Removes what nobody holds: what was under way when the engine ended. Run once, at start. */
  async sweep(): Promise<void> {
    for (const digest of this.content.list())
      if (!this.isHeld('layer', digest) && !this.isHeld('document', digest))
        this.content.setAside(digest);
    for (const digest of this.content.listDamaged())
      if (!this.isHeld('layer', digest) && !this.isHeld('document', digest))
        this.content.remove(digest);
    for (const diffId of this.snapshotter.list())
      if (!this.isHeld('snapshot', diffId)) await this.snapshotter.remove(diffId);
  }

  /** Resolves when every removal begun so far is done. */
  async settled(): Promise<void> {
    await Promise.all(this.removals);
  }

  private track(removal: Promise<void>): void {
    const tracked = removal.catch(() => {}).finally(() => this.removals.delete(tracked));
    this.removals.add(tracked);
  }
}

function keyOf(kind: Kind, digest: Digest): string {
  return `${kind === 'snapshot' ? 'snapshot' : 'blob'} ${digest}`;
}

export class Lease implements Disposable {
  private readonly uses: StorageUses;
  private readonly keepsLayers: boolean;
  private readonly taken: [Kind, Digest][] = [];

  constructor(uses: StorageUses, keepsLayers: boolean) {
    this.uses = uses;
    this.keepsLayers = keepsLayers;
  }

  hold(kind: Kind, digest: Digest): void {
    this.taken.push([kind, digest]);
    this.uses.hold(kind, digest);
  }

  [Symbol.dispose](): void {
    for (const [kind, digest] of this.taken.splice(0))
      this.uses.release(kind, digest, this.keepsLayers);
  }
}
