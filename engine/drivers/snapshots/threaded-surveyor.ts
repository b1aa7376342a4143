/**
 * `StoreSurveyor` in one Worker, which takes tasks one after another and ends when none came for a
 * while: a Worker costs 12 MB, and what it remembers more.
 */
import { Worker } from 'node:worker_threads';
import { EngineError } from '../../contract/errors.ts';
import type { Digest } from '../../formats/digest.ts';
import { returnFreeMemory } from '../../host/memory.ts';
import type {
  FileList,
  FileListRequest,
  LayerComparison,
  LayerTotals,
  StoreSurveyor,
} from '../store-surveyor.ts';
import type { SurveyReply, SurveyRequest } from './store-survey-messages.ts';

const IDLE_MS = 10_000;
const WAITING_MAX = 100;

export class ThreadedSurveyor implements StoreSurveyor {
  private worker: Worker | undefined;
  private idleTimer: NodeJS.Timeout | undefined;
  /** Settles when the task before has. */
  private line: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  digestOf(path: string, signal: AbortSignal): Promise<Digest> {
    return this.ask({ kind: 'digest', path }, signal);
  }

  compareLayer(blobPath: string, directory: string, signal: AbortSignal): Promise<LayerComparison> {
    return this.ask({ kind: 'compare', blobPath, directory }, signal);
  }

  surveyLayers(directories: readonly string[], signal: AbortSignal): Promise<LayerTotals[]> {
    return this.ask({ kind: 'survey', directories }, signal);
  }

  listFiles(request: FileListRequest, signal: AbortSignal): Promise<FileList> {
    return this.ask({ kind: 'files', ...request }, signal);
  }

  async close(): Promise<void> {
    clearTimeout(this.idleTimer);
    const { worker } = this;
    this.worker = undefined;
    await worker?.terminate();
  }

  private async ask<Result>(request: SurveyRequest, signal: AbortSignal): Promise<Result> {
    if (this.waiting >= WAITING_MAX)
      throw new EngineError('unavailable', 'too many questions about the store at a time');
    this.waiting++;
    const before = this.line;
    const task = (async () => {
      await before;
      signal.throwIfAborted();
      return (await this.perform(request, signal)) as Result;
    })();
    this.line = task.catch(() => {});
    try {
      return await task;
    } finally {
      this.waiting--;
    }
  }

  private perform(request: SurveyRequest, signal: AbortSignal): Promise<unknown> {
    const worker = this.startWorker();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const onMessage = (reply: SurveyReply) =>
      reply.kind === 'done'
        ? resolve(reply.result)
        : reject(new EngineError(reply.code, reply.message));
    const onExit = () => reject(cancelled());
    // Its calls are synchronous: only the end of the Worker ends them.
    const abort = () => void this.close();
    worker.on('message', onMessage).on('error', reject).on('exit', onExit);
    signal.addEventListener('abort', abort, { once: true });
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a Worker, not a window
    worker.postMessage(request);
    return promise.finally(() => {
      signal.removeEventListener('abort', abort);
      worker.off('message', onMessage).off('error', reject).off('exit', onExit);
      this.rest(worker);
    });
  }

  private startWorker(): Worker {
    clearTimeout(this.idleTimer);
    if (this.worker === undefined) {
      const worker = new Worker(new URL('./store-survey-worker.ts', import.meta.url), {
        execArgv: [],
      });
      worker.once('exit', () => {
        if (this.worker === worker) this.worker = undefined;
      });
      this.worker = worker;
    }
    this.worker.ref();
    return this.worker;
  }

  private rest(worker: Worker): void {
    if (this.worker !== worker) return;
    worker.unref();
    this.idleTimer = setTimeout(() => {
      this.worker = undefined;
      void worker.terminate().then(returnFreeMemory);
    }, IDLE_MS);
    this.idleTimer.unref();
  }
}

function cancelled(): EngineError {
  return new EngineError('cancelled', 'context canceled');
}
