/**
 * Searching log blocks: plain text on the calling thread, since it is bound by memory, not by the
 * query; an expression in a Worker with a deadline, since one can be written that never ends. A
 * Worker costs 12 MB, so it lives only as long as its search.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { EngineError } from '../../contract/errors.ts';
import {
  compileQuery,
  searchBlock,
  type BlockHits,
  type SearchQuery,
} from '../../formats/log-search.ts';
import type { BlockSearcher, BlockSearchers, LogSlice } from '../logs.ts';
import type { SearchRequest } from './log-search-worker.ts';

/** For a block of 1 MiB; an ordinary expression takes a few milliseconds. */
const DEADLINE_MS = 2000;

export class ThreadedBlockSearchers implements BlockSearchers {
  private readonly deadlineMs: number;

  /** `deadlineMs` is what an expression may take for one block. */
  constructor(deadlineMs: number = DEADLINE_MS) {
    this.deadlineMs = deadlineMs;
  }

  open(query: SearchQuery): BlockSearcher {
    const matcher = compileQuery(query);
    if (query.isRegex) return new WorkerSearcher(query, this.deadlineMs);
    return {
      search: (block, wanted) =>
        Promise.resolve(searchBlock(block.bytes, block.cursor, matcher, wanted)),
      [Symbol.dispose]: () => {},
    };
  }
}

class WorkerSearcher implements BlockSearcher {
  private readonly worker: Worker;
  private readonly deadlineMs: number;
  private readonly isUp: Promise<unknown>;
  private pending: PromiseWithResolvers<BlockHits> | undefined;

  constructor(query: SearchQuery, deadlineMs: number) {
    this.deadlineMs = deadlineMs;
    this.worker = new Worker(new URL('./log-search-worker.ts', import.meta.url), {
      workerData: query,
      execArgv: [],
    });
    // The deadline is for the expression: starting the Worker may take as long as it likes.
    this.isUp = once(this.worker, 'message').then(() =>
      this.worker.on('message', (hits: BlockHits) => this.pending?.resolve(hits)),
    );
    this.isUp.catch(() => {}); // told to whoever searches
    this.worker.on('error', (error) => this.pending?.reject(error));
  }

  async search(block: LogSlice, wanted: number): Promise<BlockHits> {
    await this.isUp;
    this.pending = Promise.withResolvers();
    const { promise, reject } = this.pending;
    const timer = setTimeout(() => {
      void this.worker.terminate();
      reject(new EngineError('invalid-argument', 'the regular expression takes too long'));
    }, this.deadlineMs);
    const request: SearchRequest = { bytes: block.bytes, cursor: block.cursor, wanted };
    this.worker.postMessage(request, []);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  [Symbol.dispose](): void {
    void this.worker.terminate();
  }
}
