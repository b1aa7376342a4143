/**
 * Searches a container's whole log from its newest line to its oldest. Memory is bounded by a block
 * and the hits in it; between blocks the engine does other work.
 */
import type { LogHit } from '../../contract/gantry.ts';
import type { BlockSearchers, LogSlice, LogStore, StoredLog } from '../../drivers/logs.ts';
import { firstSureLineStart } from '../../formats/log-lines.ts';
import type { SearchQuery } from '../../formats/log-search.ts';
import type { ContainerLookup } from '../containers/container.ts';
import { requireReadable } from './container-logs.ts';
import { toLogLine } from './log-pages.ts';

const BLOCK_BYTES = 1 << 20;
/** A line longer than this is searched in pieces. */
const MAX_BLOCK_BYTES = 16 << 20;
const PROGRESS_MS = 200;
const DEFAULT_HITS = 1000;
const MAX_HITS = 10_000;

export interface LogSearchRequest extends SearchQuery {
  readonly limit: number | undefined;
}

export class LogSearch {
  private readonly containers: ContainerLookup;
  private readonly store: LogStore;
  private readonly searchers: BlockSearchers;

  constructor(containers: ContainerLookup, store: LogStore, searchers: BlockSearchers) {
    this.containers = containers;
    this.store = store;
    this.searchers = searchers;
  }

  /**
   * See `logHit` for what comes. The container is checked at once, the query at the first read:
   * `invalid-argument` when it is none.
   */
  search(nameOrId: string, request: LogSearchRequest, signal: AbortSignal): AsyncGenerator<LogHit> {
    const container = this.containers.find(nameOrId);
    requireReadable(container);
    const limit = Math.min(MAX_HITS, Math.max(1, request.limit ?? DEFAULT_HITS));
    return this.run(container.logPath, request, limit, signal);
  }

  private async *run(
    path: string,
    query: SearchQuery,
    limit: number,
    signal: AbortSignal,
  ): AsyncGenerator<LogHit> {
    using searcher = this.searchers.open(query);
    using log = this.store.open(path);
    const { start, end } = log.bounds();
    let hits = 0;
    let sent = 0;
    const progress = (scannedBytes: number, done: boolean): LogHit => ({
      kind: 'progress',
      hits,
      scannedBytes,
      totalBytes: end - start,
      done,
      limited: hits > sent,
    });
    let lastProgressMs = performance.now();
    for await (const block of lineBlocksBack(log, end)) {
      if (signal.aborted) return;
      const cursor = block.cursor;
      const found = await searcher.search(block, limit - sent);
      hits += found.count;
      sent += found.hits.length;
      for (const { line, ranges } of found.hits)
        yield { kind: 'hit', line: toLogLine(line), ranges };
      if (performance.now() - lastProgressMs < PROGRESS_MS) continue;
      lastProgressMs = performance.now();
      yield progress(end - cursor, false);
    }
    yield progress(end - start, true);
  }
}

/** Blocks of whole lines, newest first. */
async function* lineBlocksBack(log: StoredLog, end: number): AsyncGenerator<LogSlice> {
  const { start } = log.bounds();
  let before = end;
  let size = BLOCK_BYTES;
  while (before > start) {
    const block = await firstBlock(log, before, size);
    if (block === undefined) return;
    const isFirst = block.cursor <= start;
    const sure = isFirst ? 0 : firstSureLineStart(block.bytes);
    if (sure === block.bytes.length && size < MAX_BLOCK_BYTES) {
      size *= 2;
      continue;
    }
    const from = sure === block.bytes.length ? 0 : sure;
    yield { bytes: block.bytes.subarray(from), cursor: block.cursor + from };
    before = block.cursor + from;
    size = BLOCK_BYTES;
  }
}

async function firstBlock(
  log: StoredLog,
  before: number,
  bytes: number,
): Promise<LogSlice | undefined> {
  for await (const block of log.readBackwards(before, bytes)) return block;
  return undefined;
}
