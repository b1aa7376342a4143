/**
 * The part of a log that is held: at most `MOST_LINES` lines in a row, by cursor. Paging one way lets
 * go of lines at the other end, so memory stays flat however long the log is. Pure.
 */
import type { LogPage } from '../../../../electron/ipc/contract.ts';

export type LogLine = LogPage['lines'][number];

export interface LogWindow {
  readonly lines: readonly LogLine[];
  /** Cursor after the last line held: paging forward goes on here. */
  readonly next: number;
  /** Cursor of the oldest line the engine keeps. */
  readonly start: number;
  /** True while nothing is missing between the window and what the follower brought last. */
  readonly isAttached: boolean;
}

export const MOST_LINES = 5_000;
/** Trimming in steps, so that a busy log is not cut with every line. */
const TRIM_SLACK = 500;

export const EMPTY_WINDOW: LogWindow = { lines: [], next: 0, start: 0, isAttached: true };

export function windowOf(page: LogPage, isAttached: boolean): LogWindow {
  return { lines: page.lines, next: page.next, start: page.start, isAttached };
}

export function isAtStart(window: LogWindow): boolean {
  const [first] = window.lines;
  return !first || first.cursor <= window.start;
}

/**
 * Lines a follower brought. `keepHead` is for a reader who looks at older lines: when there is no
 * more room the new lines are left to be paged in later, and the window lets go of the tail.
 */
export function appended(window: LogWindow, page: LogPage, keepHead: boolean): LogWindow {
  if (!window.isAttached) return window;
  const fresh = page.lines.filter((line) => line.cursor >= window.next);
  if (keepHead && window.lines.length + fresh.length > MOST_LINES)
    return { ...window, isAttached: false };
  const next = Math.max(window.next, page.next);
  const start = Math.max(window.start, page.start);
  if (fresh.length === 0) return { ...window, next, start };
  return { ...window, lines: trimmedHead([...window.lines, ...fresh]), next, start };
}

/** An older page before the first line; the newest lines make room. */
export function prepended(window: LogWindow, page: LogPage): LogWindow {
  const before = window.lines[0]?.cursor ?? Number.POSITIVE_INFINITY;
  const older = page.lines.filter((line) => line.cursor < before);
  const lines = [...older, ...window.lines];
  // A page without lines means there is nothing older, whatever the first cursor is.
  const start = older.length === 0 ? (window.lines[0]?.cursor ?? page.start) : page.start;
  if (lines.length <= MOST_LINES) return { ...window, lines, start };
  const dropped = lines[MOST_LINES] as LogLine;
  return {
    lines: lines.slice(0, MOST_LINES),
    next: dropped.cursor,
    start,
    isAttached: false,
  };
}

/** A newer page after the last line; `followedTo` is where the follower stands. */
export function extended(window: LogWindow, page: LogPage, followedTo: number): LogWindow {
  const fresh = page.lines.filter((line) => line.cursor >= window.next);
  const next = Math.max(window.next, page.next);
  return {
    lines: trimmedHead([...window.lines, ...fresh]),
    next,
    start: Math.max(window.start, page.start),
    isAttached: next >= followedTo,
  };
}

/** Two pages that meet at a cursor: what stands around a search hit. */
export function around(before: LogPage, after: LogPage, followedTo: number): LogWindow {
  return {
    lines: [...before.lines, ...after.lines],
    next: after.next,
    start: Math.max(before.start, after.start),
    isAttached: after.next >= followedTo,
  };
}

/** Place of the line with this cursor, or -1. */
export function indexOfCursor(lines: readonly LogLine[], cursor: number): number {
  let low = 0;
  let high = lines.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = (lines[middle] as LogLine).cursor;
    if (found === cursor) return middle;
    if (found < cursor) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

function trimmedHead(lines: readonly LogLine[]): readonly LogLine[] {
  return lines.length > MOST_LINES + TRIM_SLACK ? lines.slice(-MOST_LINES) : lines;
}
