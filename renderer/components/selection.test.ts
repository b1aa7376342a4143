import { expect, test } from 'vitest';
import { chooseAll, click, move, NOTHING_CHOSEN, prune, toggleOne } from './selection.ts';

const KEYS = ['a', 'b', 'c', 'd', 'e'];
const plain = { range: false, toggle: false };

test('a plain click moves the cursor and drops what was chosen', () => {
  const all = chooseAll(NOTHING_CHOSEN, KEYS);
  expect(click(all, KEYS, 'c', plain)).toEqual({ cursor: 'c', anchor: 'c', chosen: new Set() });
});

test('a ctrl click adds to the row that stood open, and takes it away again', () => {
  const first = click(NOTHING_CHOSEN, KEYS, 'b', plain);
  const both = click(first, KEYS, 'd', { range: false, toggle: true });
  expect([...both.chosen]).toEqual(['b', 'd']);
  expect([...click(both, KEYS, 'd', { range: false, toggle: true }).chosen]).toEqual(['b']);
});

test('a shift click takes the range from the anchor, in either direction', () => {
  const from = click(NOTHING_CHOSEN, KEYS, 'd', plain);
  const up = click(from, KEYS, 'b', { range: true, toggle: false });
  expect([...up.chosen]).toEqual(['b', 'c', 'd']);
  const down = click(up, KEYS, 'e', { range: true, toggle: false });
  expect([...down.chosen]).toEqual(['d', 'e']);
});

test('move() stops at both ends and enters the list from either', () => {
  expect(move(NOTHING_CHOSEN, KEYS, 1, false).cursor).toBe('a');
  expect(move(NOTHING_CHOSEN, KEYS, -1, false).cursor).toBe('e');
  const end = click(NOTHING_CHOSEN, KEYS, 'e', plain);
  expect(move(end, KEYS, 1, false).cursor).toBe('e');
  expect(move(end, [], 1, false)).toBe(end);
});

test('move() with shift grows the range', () => {
  const from = click(NOTHING_CHOSEN, KEYS, 'b', plain);
  const grown = move(move(from, KEYS, 1, true), KEYS, 1, true);
  expect([...grown.chosen]).toEqual(['b', 'c', 'd']);
});

test('prune() forgets rows that are gone and keeps the same object when nothing is', () => {
  const chosen = toggleOne(toggleOne(NOTHING_CHOSEN, 'a'), 'c');
  expect(prune(chosen, KEYS)).toBe(chosen);
  const pruned = prune(chosen, ['a', 'b']);
  expect([...pruned.chosen]).toEqual(['a']);
  expect(pruned.cursor).toBeNull();
});
