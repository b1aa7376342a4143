/**
 * The engine's end of a job: its result, the archive that comes, the archive that goes. Pieces are
 * asked for as they are taken, and sent as they were taken over there: no more than four are under way.
 * It ends once: with its last reply, its signal, or its reader's return.
 */
import { EngineError } from '../../contract/errors.ts';
import {
  PIECES_AHEAD_MAX,
  type FileReply,
  type FileRequest,
  type FileResult,
} from './file-messages.ts';

type Send = (request: FileRequest, transfer?: ArrayBuffer[]) => void;

export class FileJob {
  /** When a piece last moved, by `performance.now()`. */
  movedAtMs = performance.now();
  private readonly id: number;
  private readonly send: Send;
  private readonly signal: AbortSignal;
  private readonly onOver: () => void;
  private readonly received: Buffer[] = [];
  private found: FileResult | undefined;
  private sentAhead = 0;
  private isOver = false;
  private failure: unknown;
  private wake: () => void = () => {};
  private readonly over: Promise<undefined>;
  private readonly tellOver: (nothing: undefined) => void;

  constructor(id: number, send: Send, signal: AbortSignal, onOver: () => void) {
    this.id = id;
    this.send = send;
    this.signal = signal;
    this.onOver = onOver;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.over = promise;
    this.tellOver = resolve;
    signal.addEventListener('abort', this.onAbort, { once: true });
  }

  handle(reply: FileReply): void {
    this.movedAtMs = performance.now();
    if (reply.kind === 'result') this.found = reply.result;
    else if (reply.kind === 'piece')
      this.received.push(
        Buffer.from(reply.bytes.buffer, reply.bytes.byteOffset, reply.bytes.byteLength),
      );
    else if (reply.kind === 'taken') this.sentAhead--;
    else
      this.settle(reply.kind === 'failed' ? new EngineError(reply.code, reply.message) : undefined);
    this.wake();
  }

  /** Ends the job for this reason, unless it is over. */
  cancel(reason: unknown): void {
    if (this.isOver) return;
    this.send({ kind: 'abort', job: this.id });
    this.received.length = 0;
    this.settle(reason);
    this.wake();
  }

  async result(): Promise<FileResult> {
    await this.until(() => this.found !== undefined);
    if (this.found === undefined) throw new EngineError('internal', 'a file job ended early');
    return this.found;
  }

  /** The archive. Leaving the loop early ends the job. */
  async *pieces(): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        await this.until(() => this.received.length > 0);
        const piece = this.received.shift();
        if (piece === undefined) return;
        yield piece;
        this.movedAtMs = performance.now();
        if (!this.isOver) this.send({ kind: 'more', job: this.id });
      }
    } finally {
      this.cancel(new EngineError('cancelled', 'context canceled'));
    }
  }

  /** Sends the archive and resolves when all of it was unpacked. */
  async feed(archive: AsyncIterable<Uint8Array>): Promise<void> {
    const source = archive[Symbol.asyncIterator]();
    try {
      while (!this.isOver) {
        // A refusal must not wait for a client that sends nothing.
        const next = await Promise.race([source.next(), this.over]);
        if (next === undefined) break;
        if (next.done === true) {
          this.send({ kind: 'end', job: this.id });
          break;
        }
        await this.until(() => this.sentAhead < PIECES_AHEAD_MAX);
        const own = Uint8Array.from(next.value);
        this.sentAhead++;
        this.send({ kind: 'piece', job: this.id, bytes: own }, [own.buffer]);
      }
      await this.until(() => false);
    } catch (error) {
      this.cancel(error);
      throw error;
    } finally {
      source.return?.()?.catch(() => {}); // not awaited: it may wait for the client as well
    }
  }

  private readonly onAbort = (): void => this.cancel(this.signal.reason);

  private settle(failure: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    this.failure = failure;
    this.signal.removeEventListener('abort', this.onAbort);
    this.tellOver(undefined);
    this.onOver();
  }

  /** Resolves once it is so, or the job is over; throws when it failed and it is not so. */
  private async until(isSo: () => boolean): Promise<void> {
    while (!isSo() && !this.isOver)
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    if (!isSo() && this.failure !== undefined) throw this.failure;
  }
}
