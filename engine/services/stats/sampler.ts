/**
 * One sampler for everybody who watches what containers use: a container is read once a second
 * however many look at it, and not at all when nobody does; there is no timer then.
 */
import type { Sample } from './stats-document.ts';

export interface SamplerParts {
  /** Undefined when the container is gone. */
  readonly take: (containerId: string) => Sample | undefined;
  readonly nowNs: () => bigint;
  readonly intervalMs?: number;
}

/** A sample and the one before it, where there is one young enough to reckon from. */
export interface SamplePair {
  readonly sample: Sample;
  readonly before: Sample | undefined;
}

interface Watched {
  last: Sample | undefined;
  readonly listeners: Set<(pair: SamplePair) => void>;
}

const INTERVAL_MS = 1000;
/** Containers read in one turn of the event loop: a thousand of them must not hold up requests. */
const BATCH = 20;

export class Sampler {
  private readonly parts: SamplerParts;
  private readonly intervalMs: number;
  private readonly watched = new Map<string, Watched>();
  private timer: NodeJS.Timeout | undefined;

  constructor(parts: SamplerParts) {
    this.parts = parts;
    this.intervalMs = parts.intervalMs ?? INTERVAL_MS;
  }

  /**
   * Calls the listener with every later sample, each with the one before it; a first sample to reckon
   * from is taken at once where there is none. Returns how to stop.
   */
  watch(containerId: string, listener: (pair: SamplePair) => void): () => void {
    let entry = this.watched.get(containerId);
    if (entry === undefined) {
      entry = { last: this.parts.take(containerId), listeners: new Set() };
      this.watched.set(containerId, entry);
    }
    const { listeners } = entry;
    listeners.add(listener);
    this.timer ??= this.schedule(this.intervalMs);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.watched.get(containerId)?.listeners === listeners)
        this.watched.delete(containerId);
      if (this.watched.size > 0) return;
      clearTimeout(this.timer);
      this.timer = undefined;
    };
  }

  private schedule(ms: number): NodeJS.Timeout {
    return setTimeout(() => void this.round(), ms);
  }

  private async round(): Promise<void> {
    const startedMs = performance.now();
    let read = 0;
    for (const [id, entry] of [...this.watched]) {
      if (this.watched.get(id) !== entry) continue;
      this.read(id, entry);
      if (++read % BATCH === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    // Everybody may have left, and somebody come again, while it yielded.
    clearTimeout(this.timer);
    const restMs = Math.max(1, this.intervalMs - (performance.now() - startedMs));
    this.timer = this.watched.size > 0 ? this.schedule(restMs) : undefined;
  }

  private read(id: string, entry: Watched): void {
    const { last } = entry;
    // The clock of the machine's processors is too coarse for a share of a few milliseconds.
    const isYoung =
      last !== undefined && this.parts.nowNs() - last.readAtNs < BigInt(this.intervalMs) * 500_000n;
    if (isYoung) return;
    const sample = this.parts.take(id);
    if (sample === undefined) return;
    entry.last = sample;
    const before = last?.usage === undefined ? undefined : last;
    for (const listener of entry.listeners) listener({ sample, before });
  }
}
