import { expect, test } from 'vitest';
import {
  appended,
  around,
  extended,
  indexOfCursor,
  isAtStart,
  MOST_LINES,
  prepended,
  windowOf,
  type LogLine,
} from './log-window.ts';

/** Lines of ten bytes each: line n stands at cursor 10n. */
const lines = (from: number, to: number): LogLine[] =>
  Array.from({ length: to - from }, (_, at) => ({
    cursor: (from + at) * 10,
    stream: 'stdout',
    time: '2026-11-20T10:00:00Z',
    text: `line ${from + at}`,
  }));
const page = (from: number, to: number, start = 0) => ({
  lines: lines(from, to),
  start: start * 10,
  end: to * 10,
  next: to * 10,
});
const held = (window: { lines: readonly LogLine[] }) => [
  (window.lines[0] as LogLine).cursor / 10,
  (window.lines.at(-1) as LogLine).cursor / 10 + 1,
];

test('followed lines are added once, also when they overlap what is held', () => {
  const window = windowOf(page(0, 100), true);
  expect(held(appended(window, page(100, 110), false))).toEqual([0, 110]);
  expect(held(appended(window, page(95, 110), false))).toEqual([0, 110]);
  expect(appended(window, page(50, 60), false).lines).toHaveLength(100);
});

test('a window that follows never grows past its bound', () => {
  let window = windowOf(page(0, 100), true);
  for (let at = 100; at < 30_000; at += 250) window = appended(window, page(at, at + 250), false);
  expect(window.lines.length).toBeLessThanOrEqual(MOST_LINES + 500);
  expect(held(window)[1]).toBe(30_100);
});

test('a reader of old lines keeps them: when there is no room the new ones stay away', () => {
  const window = windowOf(page(0, MOST_LINES - 10), true);
  const full = appended(window, page(MOST_LINES - 10, MOST_LINES + 10), true);
  expect(full.isAttached).toBe(false);
  expect(held(full)).toEqual([0, MOST_LINES - 10]);
  expect(appended(full, page(MOST_LINES + 10, MOST_LINES + 20), true)).toBe(full);
});

test('paging back lets go of the newest lines and remembers where they begin', () => {
  const window = windowOf(page(MOST_LINES, 2 * MOST_LINES), true);
  const back = prepended(window, page(MOST_LINES - 400, MOST_LINES));
  expect(held(back)).toEqual([MOST_LINES - 400, 2 * MOST_LINES - 400]);
  expect(back.isAttached).toBe(false);
  expect(back.next).toBe((2 * MOST_LINES - 400) * 10);
});

test('paging forward again finds the follower and attaches to it', () => {
  const followedTo = 2 * MOST_LINES * 10;
  const window = { ...windowOf(page(0, MOST_LINES), false), next: MOST_LINES * 10 };
  const nearly = extended(window, page(MOST_LINES, MOST_LINES + 400), followedTo);
  expect(nearly.isAttached).toBe(false);
  const there = extended(nearly, page(MOST_LINES + 400, 2 * MOST_LINES), followedTo);
  expect(there.isAttached).toBe(true);
  expect(held(there)[1]).toBe(2 * MOST_LINES);
});

test('the beginning is known by the cursor, and by a page with nothing in it', () => {
  expect(isAtStart(windowOf(page(0, 10), true))).toBe(true);
  expect(isAtStart(windowOf(page(5, 10), true))).toBe(false);
  const window = windowOf(page(5, 10), true);
  expect(isAtStart(prepended(window, { lines: [], start: 0, end: 100, next: 50 }))).toBe(true);
});

test('the lines around a hit are in a row', () => {
  const window = around(page(40, 50), page(50, 60), 1_000);
  expect(held(window)).toEqual([40, 60]);
  expect(window.isAttached).toBe(false);
  expect(indexOfCursor(window.lines, 500)).toBe(10);
  expect(indexOfCursor(window.lines, 505)).toBe(-1);
});
