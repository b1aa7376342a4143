/** A pull that takes some seconds; a reference with `missing` in it fails. */
import type { PullLayer, Task } from '../../electron/ipc/contract.ts';
import { hex } from './containers.ts';

const TICK_MS = 100;
const BYTES_PER_TICK = 4_200_000;

export class MemoryPull {
  task: Task;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #onChange: () => void;

  constructor(reference: string, onChange: () => void) {
    this.#onChange = onChange;
    const sizes = [31_000_000, 142_000_000, 9_400_000, 61_000_000, 412_000];
    this.task = {
      taskId: crypto.randomUUID(),
      kind: 'pull',
      subject: reference,
      state: 'running',
      startedMs: Date.now(),
      layers: sizes.map((totalBytes, at) => ({
        id: hex(`${reference}${at}`).slice(0, 12),
        phase: 'waiting',
        currentBytes: 0,
        totalBytes,
      })),
      currentBytes: 0,
      totalBytes: sizes.reduce((sum, size) => sum + size, 0),
      bytesPerSecond: 48_200_000,
    };
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    onChange();
  }

  cancel(): void {
    this.#finish({ state: 'cancelled' });
  }

  #tick(): void {
    if (this.task.subject.includes('missing')) {
      this.#finish({
        state: 'failed',
        error: `pull access denied for ${this.task.subject}, repository does not exist or may require 'docker login'`,
      });
      return;
    }
    let active = 0;
    const layers = this.task.layers.map((layer): PullLayer => {
      if (layer.phase === 'done' || active === 3) return layer;
      active += 1;
      const currentBytes = Math.min(layer.totalBytes, layer.currentBytes + BYTES_PER_TICK / 3);
      if (currentBytes < layer.totalBytes) return { ...layer, currentBytes, phase: 'downloading' };
      return { ...layer, currentBytes, phase: layer.phase === 'unpacking' ? 'done' : 'unpacking' };
    });
    const currentBytes = layers.reduce((sum, layer) => sum + layer.currentBytes, 0);
    this.task = { ...this.task, layers, currentBytes };
    if (layers.every((layer) => layer.phase === 'done')) this.#finish({ state: 'done' });
    else this.#onChange();
  }

  #finish(end: Partial<Task>): void {
    clearInterval(this.#timer);
    this.task = { ...this.task, ...end, endedMs: Date.now(), bytesPerSecond: 0 };
    this.#onChange();
  }
}
