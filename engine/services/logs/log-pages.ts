/**
 * The log as the window reads it: pages of lines by cursor, and lines as they are written. A page
 * costs what it shows, however long the log.
 */
import type { LogLine, LogPage } from '../../contract/gantry.ts';
import type { LogSlice, LogStore } from '../../drivers/logs.ts';
import { LineJoiner, type JoinedLine } from '../../formats/log-lines.ts';
import type { ContainerLookup } from '../containers/container.ts';
import { requireReadable } from './container-logs.ts';
import { findLinesBack } from './line-starts.ts';

const DEFAULT_LINES = 500;
const MAX_LINES = 5000;
/** Stored bytes that one page may take; very long lines make shorter pages. */
const MAX_PAGE_BYTES = 8 << 20;
const BATCH_LINES = 500;
/** Least time between two batches of a followed log, unless the reader is behind: */
const BATCH_MS = 16;
/** a slice of this size says that it is. */
const BEHIND_BYTES = 128 << 10;
/** How long an unfinished line (a prompt, a progress bar) is waited for before it is shown as it is. */
const UNFINISHED_MS = 500;

export interface PageRequest {
  readonly before: number | undefined;
  readonly after: number | undefined;
  readonly lines: number | undefined;
}

export class LogPages {
  private readonly containers: ContainerLookup;
  private readonly store: LogStore;

  constructor(containers: ContainerLookup, store: LogStore) {
    this.containers = containers;
    this.store = store;
  }

  async page(nameOrId: string, request: PageRequest): Promise<LogPage> {
    const container = this.containers.find(nameOrId);
    requireReadable(container);
    const wanted = Math.min(MAX_LINES, Math.max(1, request.lines ?? DEFAULT_LINES));
    using log = this.store.open(container.logPath);
    const { start, end } = log.bounds();
    const to = request.after === undefined ? Math.min(request.before ?? end, end) : end;
    const from = request.after ?? (await findLinesBack(log, to, wanted, MAX_PAGE_BYTES));
    const joiner = new LineJoiner();
    const lines: JoinedLine[] = [];
    const take = (line: JoinedLine) => lines.push(line);
    for await (const slice of log.read(from, to)) {
      joiner.push(slice.bytes, slice.cursor, take);
      const isLarge = lines.length > 0 && slice.cursor - from > MAX_PAGE_BYTES;
      if (lines.length >= wanted || isLarge) break;
    }
    const last = joiner.flush();
    if (last !== undefined) take(last);
    const page = lines.slice(0, wanted);
    const next = page.at(-1)?.end ?? Math.max(start, Math.min(from, end));
    return { lines: page.map(toLogLine), start, end, next };
  }

  /**
   * Pages from `after` (the end when it is absent) on as lines are written; the first comes at once,
   * empty when there is nothing yet. Ends when the container's present run ends.
   */
  follow(
    nameOrId: string,
    after: number | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<LogPage> {
    const container = this.containers.find(nameOrId);
    requireReadable(container);
    return this.followLines(container.id, container.logPath, after, signal);
  }

  private async *followLines(
    containerId: string,
    path: string,
    after: number | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<LogPage> {
    using log = this.store.open(path);
    const done = new AbortController();
    const gone = AbortSignal.any([signal, done.signal]);
    let next = after ?? log.bounds().end;
    const pageOf = (lines: JoinedLine[]): LogPage => {
      next = lines.at(-1)?.end ?? next;
      return { lines: lines.map(toLogLine), ...this.store.bounds(path), next };
    };
    try {
      yield pageOf([]);
      const ended = this.containers.waitForExit(containerId, gone).catch(() => {});
      for await (const lines of joinLive(log.follow(next, { ended, signal: gone })))
        for (let index = 0; index < lines.length; index += BATCH_LINES)
          yield pageOf(lines.slice(index, index + BATCH_LINES));
    } finally {
      done.abort();
    }
  }
}

/**
 * Lines of each slice. An unfinished line is held until the rest comes, but not for long; what comes
 * after that is a line of its own.
 */
async function* joinLive(slices: AsyncIterable<LogSlice>): AsyncGenerator<JoinedLine[]> {
  const joiner = new LineJoiner();
  const iterator = slices[Symbol.asyncIterator]();
  let reading = iterator.next();
  try {
    for (;;) {
      const result = await withTimeout(
        reading,
        joiner.openCursor === undefined ? undefined : UNFINISHED_MS,
      );
      const lines: JoinedLine[] = [];
      if (result !== undefined && result.done !== true) {
        joiner.push(result.value.bytes, result.value.cursor, (line) => lines.push(line));
      } else {
        const unfinished = joiner.flush();
        if (unfinished !== undefined) lines.push(unfinished);
      }
      if (lines.length > 0) yield lines;
      if (result === undefined) continue;
      if (result.done === true) return;
      // A reader that keeps up waits, so that what is written meanwhile comes in one slice.
      if (result.value.bytes.length < BEHIND_BYTES)
        await new Promise((resolve) => setTimeout(resolve, BATCH_MS));
      reading = iterator.next();
    }
  } finally {
    await iterator.return?.();
  }
}

/** The value, or undefined when it takes longer; without a time, always the value. */
async function withTimeout<T>(value: Promise<T>, ms: number | undefined): Promise<T | undefined> {
  if (ms === undefined) return value;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([value, late]);
  } finally {
    clearTimeout(timer);
  }
}

export function toLogLine({ cursor, stream, time, text, isCut }: JoinedLine): LogLine {
  return { cursor, stream, time, text, ...(isCut && { cut: true }) };
}
