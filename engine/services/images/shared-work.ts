/**
 * Work that several callers want at once is done once. Each caller has its own signal; the work
 * itself is aborted only when all of them are gone.
 */

export interface JointWork<Progress> {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

interface Running<Progress, Result> {
  readonly result: Promise<Result>;
  readonly controller: AbortController;
  readonly listeners: Set<(progress: Progress) => void>;
  callers: number;
  last: Progress | undefined;
}

export class SharedWork<Progress, Result> {
  private readonly running = new Map<string, Running<Progress, Result>>();
  /** Work that was given up and has not let go of its files yet. */
  private readonly ending = new Map<string, Promise<unknown>>();

  /** Joins the work of this key, starting it when nobody does it yet. */
  async join(
    key: string,
    signal: AbortSignal,
    onProgress: ((progress: Progress) => void) | undefined,
    begin: (joint: JointWork<Progress>) => Promise<Result>,
  ): Promise<Result> {
    signal.throwIfAborted();
    const work = this.running.get(key) ?? this.start(key, begin);
    work.callers++;
    if (onProgress) work.listeners.add(onProgress);
    if (onProgress && work.last !== undefined) onProgress(work.last);
    const left = Promise.withResolvers<never>();
    const leave = () => left.reject(signal.reason as Error);
    signal.addEventListener('abort', leave, { once: true });
    try {
      return await Promise.race([work.result, left.promise]);
    } finally {
      signal.removeEventListener('abort', leave);
      if (onProgress) work.listeners.delete(onProgress);
      if (--work.callers === 0) await this.giveUp(key, work, signal.reason);
    }
  }

  /** Whoever comes next begins anew, and not before the files of this attempt are closed. */
  private async giveUp(
    key: string,
    work: Running<Progress, Result>,
    reason: unknown,
  ): Promise<void> {
    if (this.running.get(key) !== work) return;
    this.running.delete(key);
    const ended = Promise.allSettled([work.result]);
    this.ending.set(key, ended);
    work.controller.abort(reason);
    await ended;
    if (this.ending.get(key) === ended) this.ending.delete(key);
  }

  private start(
    key: string,
    begin: (joint: JointWork<Progress>) => Promise<Result>,
  ): Running<Progress, Result> {
    const controller = new AbortController();
    const listeners = new Set<(progress: Progress) => void>();
    const run = async (): Promise<Result> => {
      await this.ending.get(key);
      controller.signal.throwIfAborted();
      const onProgress = (progress: Progress) => {
        work.last = progress;
        for (const listener of listeners) listener(progress);
      };
      return await begin({ signal: controller.signal, onProgress });
    };
    const work: Running<Progress, Result> = {
      controller,
      listeners,
      callers: 0,
      last: undefined,
      result: run().finally(() => {
        if (this.running.get(key) === work) this.running.delete(key);
      }),
    };
    // Every caller may have left before it fails.
    work.result.catch(() => {});
    this.running.set(key, work);
    return work;
  }
}
