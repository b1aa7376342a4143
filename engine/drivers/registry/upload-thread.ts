/**
 * One Worker for all uploads: it starts with the first and ends when there has been nothing to send
 * for a while. Files are read, packed and hashed there, so the engine's main thread never sees them.
 */
import { Worker } from 'node:worker_threads';
import { EngineError } from '../../contract/errors.ts';
import { returnFreeMemory } from '../../host/memory.ts';
import type { SendAnswer, SendTask, UploadReply, UploadRequest } from './upload-messages.ts';

const IDLE_MS = 5_000;
const ENTRY = new URL('./upload-worker.ts', import.meta.url);

interface Transfer {
  readonly onRead: ((bytes: number) => void) | undefined;
  readonly resolve: (answer: SendAnswer) => void;
  readonly reject: (error: Error) => void;
}

export class UploadThread {
  private worker: Worker | undefined;
  private idle: NodeJS.Timeout | undefined;
  private readonly transfers = new Map<number, Transfer>();
  private lastId = 0;

  /**
   * Sends one request and resolves with whatever the registry answers; rejects with the failure of
   * the connection (its errno as `code`), or the signal's reason. `onRead`: bytes of the file, about
   * ten times a second.
   */
  async send(
    task: SendTask,
    signal: AbortSignal,
    onRead?: (bytes: number) => void,
  ): Promise<SendAnswer> {
    signal.throwIfAborted();
    const worker = this.wake();
    const id = ++this.lastId;
    const { promise, resolve, reject } = Promise.withResolvers<SendAnswer>();
    this.transfers.set(id, { onRead, resolve, reject });
    const abort = () => post(worker, { kind: 'abort', id });
    signal.addEventListener('abort', abort, { once: true });
    post(worker, { kind: 'send', id, task });
    try {
      return await promise;
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
      this.transfers.delete(id);
      if (this.transfers.size === 0) this.rest();
    }
  }

  private wake(): Worker {
    clearTimeout(this.idle);
    // Arguments of the engine's own command line (loaders, inspectors) are not for its Workers.
    const worker = (this.worker ??= this.start());
    worker.ref();
    return worker;
  }

  private start(): Worker {
    const worker = new Worker(ENTRY, { execArgv: [] });
    worker.on('message', (reply: UploadReply) => this.take(reply));
    worker.on('error', (error) => this.failAll(worker, error));
    worker.on('exit', () => this.failAll(worker, new EngineError('cancelled', 'context canceled')));
    return worker;
  }

  private take(reply: UploadReply): void {
    const transfer = this.transfers.get(reply.id);
    if (reply.kind === 'progress') transfer?.onRead?.(reply.readBytes);
    else if (reply.kind === 'answer') transfer?.resolve(reply.answer);
    else transfer?.reject(Object.assign(new Error(reply.message), { code: reply.errno }));
  }

  private failAll(worker: Worker, error: Error): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    for (const transfer of this.transfers.values()) transfer.reject(error);
  }

  private rest(): void {
    const { worker } = this;
    worker?.unref();
    this.idle = setTimeout(() => {
      this.worker = undefined;
      void worker?.terminate().then(returnFreeMemory);
    }, IDLE_MS);
    this.idle.unref();
  }
}

function post(worker: Worker, message: UploadRequest): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a Worker, not a window
  worker.postMessage(message);
}
