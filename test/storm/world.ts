/** Where actions happen: an engine that may go away at any moment, and what its clients know. */
import type { TestEngine } from '../support/engine.ts';
import type { HttpAnswer, HttpRequest } from '../support/unix-http.ts';
import { Ledger, type KnownContainer, type Status } from './ledger.ts';
import type { Random } from './random.ts';

const REQUEST_DEADLINE_MS = 30_000;
/** The engine is stopping. */
const UNAVAILABLE = 503;

export interface Change {
  readonly method?: string;
  readonly path: string;
  readonly body?: unknown;
  /** What the container is once this was answered with success. */
  readonly after: readonly Status[];
  /** Refusals that only say that the container went on by itself. */
  readonly tolerated?: readonly number[];
}

export class World {
  readonly engine: TestEngine;
  readonly random: Random;
  readonly ledger = new Ledger();
  /** Groups whose containers are being pruned: nobody makes one meanwhile. */
  readonly pruning = new Set<string>();
  /** What should not have been. */
  readonly problems: string[] = [];
  /** Answers by action. */
  readonly done = new Map<string, number>();
  /** The engine is gone: clients have nothing to do. */
  isOver = false;
  private numbers = 0;
  private answers = 0;
  private awaited: { readonly count: number; readonly resolve: () => void } | undefined;

  constructor(engine: TestEngine, random: Random) {
    this.engine = engine;
    this.random = random;
  }

  nextNumber(): number {
    return ++this.numbers;
  }

  /** Resolves when so many more requests were answered, on whatever machine. */
  async answered(count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.awaited = { count: this.answers + count, resolve };
    this.noteAnswer(0);
    await promise;
  }

  private noteAnswer(count = 1): void {
    this.answers += count;
    if (this.awaited !== undefined && this.answers >= this.awaited.count) this.awaited.resolve();
  }

  /** Undefined when no answer came, since there is no engine (any more). */
  async send(path: string, options: HttpRequest = {}): Promise<HttpAnswer | undefined> {
    const deadline = AbortSignal.timeout(REQUEST_DEADLINE_MS);
    const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
    try {
      const answer = await this.engine.request(path, { ...options, signal });
      this.noteAnswer();
      return answer.status === UNAVAILABLE ? undefined : answer;
    } catch (error) {
      if (deadline.aborted) this.problems.push(`no answer to ${options.method ?? 'GET'} ${path}`);
      if (isGone(error) || signal.aborted) return undefined;
      throw error;
    }
  }

  /** Asks for a change of a container, and notes what came of it. True when it was done. */
  async change(container: KnownContainer, change: Change): Promise<HttpAnswer | undefined> {
    const { method = 'POST', path, body, after, tolerated = [] } = change;
    const settle = container.expect(...after);
    const answer = await this.send(path, { method, ...(body !== undefined && { body }) });
    if (answer === undefined) return undefined;
    if (answer.status < 300) {
      settle();
      return answer;
    }
    const isExpected = answer.status === 304 || tolerated.includes(answer.status);
    if (!isExpected && !container.isDoomed)
      this.problems.push(`${method} ${path} of ${container.name}: ${answer.status} ${answer.text}`);
    return undefined;
  }
}

function isGone(error: unknown): boolean {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  return (
    ['ECONNRESET', 'ECONNREFUSED', 'ENOENT', 'EPIPE'].includes(code) ||
    /hang up|aborted/.test(message)
  );
}
