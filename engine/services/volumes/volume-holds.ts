/**
 * Who has which volume with options mounted. The first to take it mounts it, the last to let go
 * unmounts it; mounts and unmounts of one volume follow each other.
 */
import type { VolumeStore } from '../../drivers/volumes.ts';
import type { VolumeMount } from '../../formats/volume-options.ts';

export class VolumeHolds {
  private readonly store: VolumeStore;
  private readonly holders = new Map<string, Set<string>>();
  private readonly turns = new Map<string, Promise<unknown>>();

  constructor(store: VolumeStore) {
    this.store = store;
  }

  isHeld(name: string): boolean {
    return this.holders.has(name);
  }

  /** Mounted when the promise resolves; not held when it cannot be. */
  async take(name: string, holder: string, wanted: VolumeMount): Promise<void> {
    this.adopt(name, holder);
    try {
      await this.inTurn(name, () => this.store.mount(name, wanted));
    } catch (error) {
      await this.release(name, holder);
      throw error;
    }
  }

  /** As `take`, of what is mounted. */
  adopt(name: string, holder: string): void {
    const holders = this.holders.get(name) ?? new Set();
    this.holders.set(name, holders.add(holder));
  }

  /** Not held is no error. */
  async release(name: string, holder: string): Promise<void> {
    const holders = this.holders.get(name);
    if (!holders?.delete(holder) || holders.size > 0) return;
    this.holders.delete(name);
    await this.inTurn(name, async () => {
      if (!this.holders.has(name)) this.store.unmount(name);
    });
  }

  private async inTurn(name: string, work: () => Promise<void>): Promise<void> {
    const turn = (this.turns.get(name) ?? Promise.resolve()).catch(() => {}).then(work);
    this.turns.set(name, turn);
    try {
      await turn;
    } finally {
      if (this.turns.get(name) === turn) this.turns.delete(name);
    }
  }
}
