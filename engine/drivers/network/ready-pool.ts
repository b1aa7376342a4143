/**
 * A few things made ahead of need. `take` hands out one at once, or makes it on the spot when none
 * is ready, and has the place filled again a moment later. Nothing is made before the first `take`.
 */

export interface ReadyPoolOptions<T> {
  readonly make: () => T;
  readonly destroy: (item: T) => void;
  /** How many to keep ready. */
  readonly size: number;
  /**
   * Pause before filling up, in milliseconds: by then the caller has started the programs it needed
   * the item for, and while those run the engine's own thread is free.
   */
  readonly refillDelayMs: number;
}

export class ReadyPool<T> {
  private readonly options: ReadyPoolOptions<T>;
  private readonly ready: T[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(options: ReadyPoolOptions<T>) {
    this.options = options;
  }

  /** Throws what `make` throws when nothing was ready. */
  take(): T {
    const item = this.ready.shift() ?? this.options.make();
    this.scheduleRefill();
    return item;
  }

  /** Makes one per turn of the event loop, so that a request in between waits for one at most. */
  private scheduleRefill(delayMs: number = this.options.refillDelayMs): void {
    if (this.timer !== undefined || this.ready.length >= this.options.size) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      try {
        this.ready.push(this.options.make());
      } catch {
        return; // the next take() makes its own and reports why it cannot
      }
      this.scheduleRefill(1);
    }, delayMs).unref();
  }

  /** Destroys what is ready; a later `take` starts anew. */
  drain(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const item of this.ready.splice(0)) this.options.destroy(item);
  }
}
