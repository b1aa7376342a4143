/**
 * Brings the engine up and keeps the watch on it: locate → start → connect → sync → ready, each stage
 * with a deadline, for ever. A stage that fails shows its name, the end of the engine's log and what
 * to do; then the session looks again by itself, quietly: when the host saw something happen, with
 * back-off, or at once on `retry()`.
 *
 * An engine is started on the first attempt, on `retry()`, and after a crash (`CRASH_STARTS` times in
 * `CRASH_WINDOW_MS`); one that was stopped in order stays stopped until somebody asks.
 */
import { GANTRY_ROUTES, type WatchMessage } from '../../engine/contract/gantry.ts';
import { messageOf } from '../../engine/contract/errors.ts';
import type { EngineClient } from '../client/engine-client.ts';
import { EngineProblem, type EngineHost, type EnginePresence } from '../engine-host/engine-host.ts';
import type { EngineStage, EngineStatus } from '../ipc/contract.ts';

const DEADLINES_MS: Readonly<Record<EngineStage, number>> = {
  locate: 5_000,
  start: 60_000,
  connect: 10_000,
  sync: 30_000,
};
const BACK_OFF_MS = [250, 500, 1000, 2000, 5000, 10_000, 30_000];
/** The engine beats every 15 s. */
const SILENCE_MS = 45_000;
const CRASH_STARTS = 3;
const CRASH_WINDOW_MS = 5 * 60_000;

type Watch = AsyncGenerator<WatchMessage, void, undefined>;

export interface EngineSessionListener {
  onStatus(status: EngineStatus): void;
  onWatch(message: WatchMessage): void;
}

export class EngineSession {
  readonly #host: EngineHost;
  readonly #client: EngineClient;
  readonly #listener: EngineSessionListener;
  readonly #stop = new AbortController();
  #status: EngineStatus;
  #asked = true;
  #crashStartsMs: number[] = [];
  #wake: () => void = () => {};

  constructor(host: EngineHost, client: EngineClient, listener: EngineSessionListener) {
    this.#host = host;
    this.#client = client;
    this.#listener = listener;
    this.#status = {
      phase: 'starting',
      ...stageNow('locate'),
      attempt: 1,
      socket: host.address.socketPath,
    };
  }

  get status(): EngineStatus {
    return this.#status;
  }

  /** Runs until `close()`. */
  async run(): Promise<void> {
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      const wasReady = await this.#attempt();
      failures = wasReady ? 0 : failures + 1;
      await this.#pause(BACK_OFF_MS[Math.min(failures, BACK_OFF_MS.length - 1)] ?? 0);
    }
  }

  /** Looks again at once, and starts the engine where that is possible. */
  retry(): void {
    this.#asked = true;
    this.#wake();
  }

  close(): void {
    this.#stop.abort();
    this.#wake();
  }

  /** One way up and the time after; true when the engine was ready in between. */
  async #attempt(): Promise<boolean> {
    const asked = this.#asked;
    this.#asked = false;
    const stop = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, stop.signal]);
    let ready = false;
    try {
      await this.#bringUp(asked, signal);
      const watch = this.#client.lines(GANTRY_ROUTES.watch, { signal });
      this.#enter('sync');
      const reset = await deadline('sync', signal, () => watch.next());
      if (reset.done || reset.value.kind !== 'reset')
        throw new EngineProblem('the engine did not say what it has');
      ready = true;
      const { problem: _solved, ...status } = this.#status;
      this.#publish({ ...status, phase: 'ready', attempt: 1, engine: reset.value.engine });
      this.#listener.onWatch(reset.value);
      await this.#follow(watch, stop);
    } catch (error) {
      if (!this.#stop.signal.aborted) await this.#fail(error, ready);
    } finally {
      stop.abort();
    }
    return ready;
  }

  async #bringUp(asked: boolean, signal: AbortSignal): Promise<void> {
    // A look nobody asked for changes nothing on the screen until it finds something.
    if (asked) this.#enter('locate');
    const presence = await deadline('locate', signal, (limit) => this.#host.locate(limit));
    if (presence === 'answering') {
      this.#enter('connect');
      await deadline('connect', signal, (limit) => this.#client.ping(limit));
    } else if (this.#mayStart(asked, presence)) {
      this.#enter('start');
      await deadline('start', signal, (limit) => this.#host.start(limit));
    } else if (presence === 'crashed') {
      throw new EngineProblem('the engine ended unexpectedly', 'engine-exited');
    } else {
      const { socketPath } = this.#host.address;
      throw new EngineProblem(`no engine listens on ${socketPath}`, 'socket-missing');
    }
  }

  /** Ends, always by throwing, when the engine is gone. */
  async #follow(watch: Watch, stop: AbortController): Promise<never> {
    const silence = setTimeout(
      () => stop.abort(new EngineProblem('the engine fell silent')),
      SILENCE_MS,
    );
    try {
      for await (const message of watch) {
        silence.refresh();
        this.#listener.onWatch(message);
      }
    } finally {
      clearTimeout(silence);
    }
    throw new EngineProblem('the engine closed the connection');
  }

  #mayStart(asked: boolean, presence: EnginePresence): boolean {
    if (!this.#host.isStartable) return false;
    return asked || (presence === 'crashed' && this.#mayStartAgain());
  }

  #mayStartAgain(): boolean {
    const now = Date.now();
    this.#crashStartsMs = this.#crashStartsMs.filter((atMs) => atMs > now - CRASH_WINDOW_MS);
    if (this.#crashStartsMs.length >= CRASH_STARTS) return false;
    this.#crashStartsMs.push(now);
    return true;
  }

  #enter(stage: EngineStage): void {
    const { problem: _old, ...status } = this.#status;
    const attempt = status.phase === 'starting' ? status.attempt : status.attempt + 1;
    this.#publish({ ...status, phase: 'starting', attempt, ...stageNow(stage) });
  }

  async #fail(reason: unknown, wasReady: boolean): Promise<void> {
    const logTail = await this.#host.logTail().catch(() => []);
    const hint = reason instanceof EngineProblem ? reason.hint : undefined;
    const problem = { message: messageOf(reason), logTail, ...(hint && { hint }) };
    const before = this.#status;
    const phase = wasReady || before.phase === 'lost' ? 'lost' : 'failed';
    if (phase === before.phase && before.problem?.message === problem.message) return;
    this.#publish({ ...before, phase, problem, ...(wasReady && stageNow('connect')) });
  }

  #publish(status: EngineStatus): void {
    this.#status = status;
    if (!this.#stop.signal.aborted) this.#listener.onStatus(status);
  }

  /** Waits to look again: for the host, the back-off, `retry()` or `close()`. */
  async #pause(delayMs: number): Promise<void> {
    if (this.#asked || this.#stop.signal.aborted) return;
    const woken = Promise.withResolvers<void>();
    this.#wake = woken.resolve;
    const timer = setTimeout(woken.resolve, delayMs);
    const unwatch = this.#host.watch(woken.resolve);
    await woken.promise;
    clearTimeout(timer);
    unwatch();
  }
}

function stageNow(stage: EngineStage) {
  const now = Date.now();
  return { stage, stageStartedMs: now, stageDeadlineMs: now + DEADLINES_MS[stage] };
}

/** Runs a stage within its deadline. */
async function deadline<T>(
  stage: EngineStage,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = AbortSignal.timeout(DEADLINES_MS[stage]);
  const both = AbortSignal.any([signal, limit]);
  const late = new Promise<never>((_resolve, reject) => {
    both.addEventListener('abort', () =>
      reject(
        limit.aborted
          ? new EngineProblem(`${stage} took longer than ${DEADLINES_MS[stage] / 1000} s`)
          : both.reason,
      ),
    );
  });
  return Promise.race([work(both), late]);
}
