import { expect, test } from 'vitest';
import { parseWhiteout, whiteoutMarker } from './whiteout.ts';

test.each([
  ['file', undefined],
  ['.wh', undefined],
  ['.whale', undefined],
  ['.wh.gone', { kind: 'removed', name: 'gone' }],
  ['.wh..hidden', { kind: 'removed', name: '.hidden' }],
  ['.wh..wh..opq', { kind: 'opaque' }],
  ['.wh..wh.plnk', { kind: 'ignored' }],
])('parseWhiteout() reads %s', (name, meaning) => {
  expect(parseWhiteout(name)).toEqual(meaning);
});

test.each(['.wh.', '.wh..', '.wh...'])('parseWhiteout() refuses %s', (name) => {
  expect(() => parseWhiteout(name)).toThrow('invalid whiteout name');
});

test('whiteoutMarker() writes what parseWhiteout() reads', () => {
  expect([whiteoutMarker('a'), whiteoutMarker('a/b/c')]).toEqual(['.wh.a', 'a/b/.wh.c']);
});
