/**
 * One shared clock for everything that ages. It runs only while something shown needs it and the
 * window is visible: no subscriber or a hidden window means no timer at all.
 */
import { useSyncExternalStore } from 'react';

type Granularity = 'second' | 'minute';

const PERIOD_MS = { second: 1_000, minute: 60_000 } as const;

class Ticker {
  readonly #periodMs: number;
  readonly #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #nowMs = Date.now();

  constructor(periodMs: number) {
    this.#periodMs = periodMs;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    if (this.#listeners.size === 0) {
      this.#nowMs = Date.now();
      document.addEventListener('visibilitychange', this.#wake);
    }
    this.#listeners.add(listener);
    this.#schedule();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      document.removeEventListener('visibilitychange', this.#wake);
      this.#cancel();
    };
  };

  readonly now = (): number => this.#nowMs;

  readonly #wake = (): void => {
    this.#cancel();
    if (!document.hidden) this.#tick();
  };

  #tick(): void {
    this.#timer = null;
    this.#nowMs = Date.now();
    for (const listener of this.#listeners) listener();
    this.#schedule();
  }

  #schedule(): void {
    if (this.#timer !== null || document.hidden || this.#listeners.size === 0) return;
    const untilNextMs = this.#periodMs - (Date.now() % this.#periodMs);
    this.#timer = setTimeout(() => this.#tick(), untilNextMs);
  }

  #cancel(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

const tickers = { second: new Ticker(PERIOD_MS.second), minute: new Ticker(PERIOD_MS.minute) };

/** For an age: by the second while it is young, by the minute afterwards. */
export function useNowFor(sinceMs: number): number {
  const lastMinuteMs = useNow('minute');
  return useNow(lastMinuteMs - sinceMs < PERIOD_MS.minute ? 'second' : 'minute');
}

/** Milliseconds since the epoch, refreshed as often as asked; the component renders again with it. */
export function useNow(granularity: Granularity): number {
  const ticker = tickers[granularity];
  return useSyncExternalStore(ticker.subscribe, ticker.now);
}
