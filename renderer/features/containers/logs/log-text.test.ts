import { expect, test } from 'vitest';
import { parseAnsi } from './ansi.ts';
import { clockTime, markSpans, mayBeJson, prettyJson, textBetween } from './log-text.ts';
import type { LogLine } from './log-window.ts';

const RED = '\u001B[31m';
const line = (cursor: number, text: string): LogLine => ({
  cursor,
  text,
  stream: 'stdout',
  time: '',
});

test('a match is marked where it stands, across colours', () => {
  const raw = `ab${RED}cd`;
  const marked = markSpans(parseAnsi(raw), [[1, raw.length - 1]]);
  expect(marked.map((span) => [span.text, span.isMarked])).toEqual([
    ['a', false],
    ['b', true],
    ['c', true],
    ['d', false],
  ]);
});

test('without matches spans stay whole', () => {
  expect(markSpans(parseAnsi('abc'), [])).toHaveLength(1);
});

test('a copy takes the text between two points, in either direction, without colours', () => {
  const lines = [line(0, `${RED}one`), line(10, 'two'), line(20, 'three')];
  const a = { cursor: 0, offset: 1 };
  const b = { cursor: 20, offset: 2 };
  expect(textBetween(lines, a, b)).toBe('ne\ntwo\nth');
  expect(textBetween(lines, b, a)).toBe('ne\ntwo\nth');
  expect(textBetween(lines, { cursor: 10, offset: 2 }, { cursor: 10, offset: 1 })).toBe('w');
});

test('times are read with nanoseconds and shown with milliseconds', () => {
  expect(clockTime('2026-11-20T14:02:11.123456789Z', 'utc')).toBe('14:02:11.123');
  expect(clockTime('nonsense', 'utc')).toBe('nonsense');
});

test('a JSON line is recognised and spread out; what only looks like one is not', () => {
  expect(mayBeJson('{"level":"info"}')).toBe(true);
  expect(mayBeJson('{not json}')).toBe(false);
  expect(prettyJson('{"a":{"b":1}}')).toBe('{\n  "a": {\n    "b": 1\n  }\n}');
  expect(prettyJson('{"a":}')).toBeNull();
});
