/**
 * A search over the whole log, done by the engine. Hits come newest first and are kept up to
 * `MOST_HITS`; the count goes on beyond. A new query ends the one before.
 */
import type { LogHit } from '../../../../electron/ipc/contract.ts';
import type { Bridge } from '../../../bridge/bridge.ts';
import type { BridgeStream } from '../../../bridge/stream.ts';
import type { LogLine } from './log-window.ts';

export interface LogQuery {
  readonly text: string;
  readonly regex: boolean;
  readonly matchCase: boolean;
}

export interface SearchHit {
  readonly line: LogLine;
  readonly ranges: readonly (readonly [number, number])[];
}

export interface SearchView {
  readonly query: LogQuery;
  /** Newest first. */
  readonly hits: readonly SearchHit[];
  readonly byCursor: ReadonlyMap<number, SearchHit>;
  /** All lines that match, also those beyond what is kept. */
  readonly total: number;
  readonly isDone: boolean;
  readonly problem: string | null;
  /** The hit stood on, as a place in `hits`; -1 before the first step. */
  readonly at: number;
}

const MOST_HITS = 5_000;

const NO_SEARCH: SearchView = {
  query: { text: '', regex: false, matchCase: false },
  hits: [],
  byCursor: new Map(),
  total: 0,
  isDone: true,
  problem: null,
  at: -1,
};

export class LogSearch {
  readonly #bridge: Bridge;
  readonly #id: string;
  #view = NO_SEARCH;
  #listener: () => void = () => {};
  #stream: BridgeStream<LogHit, never> | null = null;
  #found: SearchHit[] = [];
  #frame = 0;

  constructor(bridge: Bridge, id: string) {
    this.#bridge = bridge;
    this.#id = id;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listener = listener;
    return () => {
      this.#listener = () => {};
    };
  };

  readonly view = (): SearchView => this.#view;

  search(query: LogQuery): void {
    this.close();
    const problem = regexProblem(query);
    this.#show({ ...NO_SEARCH, query, problem, isDone: query.text === '' || problem !== null });
    if (query.text === '' || problem !== null) return;
    const { text, regex, matchCase } = query;
    this.#stream = this.#bridge.openStream(
      'log.search',
      { id: this.#id, query: text, regex, matchCase, limit: MOST_HITS },
      {
        onMessage: (message) => this.#take(message),
        onEnd: (error) => {
          this.#flush();
          this.#show({ ...this.#view, isDone: true, problem: error?.message ?? null });
        },
      },
    );
  }

  close(): void {
    this.#stream?.close();
    this.#stream = null;
    this.#found = [];
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  /** Steps to an older hit (1) or a newer one (-1), around the ends; null without hits. */
  step(by: 1 | -1): SearchHit | null {
    const { hits, at } = this.#view;
    if (hits.length === 0) return null;
    const next =
      at === -1 ? (by === 1 ? 0 : hits.length - 1) : (at + by + hits.length) % hits.length;
    this.#show({ ...this.#view, at: next });
    return hits[next] ?? null;
  }

  #take(message: LogHit): void {
    if (message.kind === 'hit') {
      this.#found.push({ line: message.line, ranges: message.ranges });
      if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#flush());
      return;
    }
    this.#flush();
    this.#show({ ...this.#view, total: message.hits, isDone: message.done });
  }

  #flush(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (this.#found.length === 0) return;
    const hits = [...this.#view.hits, ...this.#found];
    const byCursor = new Map(this.#view.byCursor);
    for (const hit of this.#found) byCursor.set(hit.line.cursor, hit);
    this.#found = [];
    this.#show({ ...this.#view, hits, byCursor, total: Math.max(this.#view.total, hits.length) });
  }

  #show(view: SearchView): void {
    this.#view = view;
    this.#listener();
  }
}

/** The engine compiles the pattern as this does; saying so here saves the way there. */
function regexProblem({ text, regex }: LogQuery): string | null {
  if (!regex) return null;
  try {
    RegExp(text);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Where a line matches, in the raw line: found here for plain text, told by the engine for the rest. */
export function rangesOf(line: LogLine, view: SearchView): readonly (readonly [number, number])[] {
  const { text, regex, matchCase } = view.query;
  if (text === '') return [];
  const known = view.byCursor.get(line.cursor);
  if (known) return known.ranges;
  if (regex) return [];
  const source = matchCase ? line.text : line.text.toLowerCase();
  const wanted = matchCase ? text : text.toLowerCase();
  const ranges: [number, number][] = [];
  for (let at = source.indexOf(wanted); at !== -1; at = source.indexOf(wanted, at + wanted.length))
    ranges.push([at, at + wanted.length]);
  return ranges;
}
