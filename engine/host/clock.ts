/** Time, behind an interface so that tests can hold it still. */

export interface Clock {
  /** Nanoseconds since the Unix epoch; no two readings of one clock are equal or go back. */
  nowNs(): bigint;
  /** Resolves after `ms` milliseconds, or rejects with the signal's reason. Does not keep the process alive. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

class SystemClock implements Clock {
  private lastNs = 0n;

  nowNs(): bigint {
    // performance.timeOrigin does not follow a stepped wall clock, so each reading starts from
    // Date.now() and only the part below a millisecond comes from the monotonic clock.
    const nowNs = BigInt(Date.now()) * 1_000_000n + (process.hrtime.bigint() % 1_000_000n);
    this.lastNs = nowNs > this.lastNs ? nowNs : this.lastNs + 1n;
    return this.lastNs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const stop = () => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop);
        resolve();
      }, ms);
      timer.unref();
      signal?.addEventListener('abort', stop, { once: true });
    });
  }
}

export const systemClock: Clock = new SystemClock();

/** `2026-11-20T09:00:00.123456789Z`, as Docker prints times. Source: RFC 3339 with nine digits. */
export function formatTime(timeNs: bigint): string {
  const date = new Date(Number(timeNs / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  return `${date}.${String(timeNs % 1_000_000_000n).padStart(9, '0')}Z`;
}
