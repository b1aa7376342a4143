/** Docker's `max-concurrent-uploads`: so many layers go out at a time, the others wait in order. */
export class PushSlots {
  private free: number;
  private readonly waiting: (() => void)[] = [];

  constructor(max: number) {
    this.free = max;
  }

  /** Resolves with a slot, which is given back by disposing of it; `onWait` when others come first. */
  async take(signal: AbortSignal, onWait: () => void): Promise<Disposable> {
    signal.throwIfAborted();
    if (this.free > 0) {
      this.free--;
      return this.slot();
    }
    onWait();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.waiting.push(resolve);
    const leave = () => {
      const index = this.waiting.indexOf(resolve);
      if (index === -1) return; // it was given a slot just now, and gives it back
      this.waiting.splice(index, 1);
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', leave, { once: true });
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', leave);
    }
    return this.slot();
  }

  private slot(): Disposable {
    return {
      [Symbol.dispose]: () => {
        const next = this.waiting.shift();
        if (next === undefined) this.free++;
        else next();
      },
    };
  }
}
