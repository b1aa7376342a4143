import { expect, test } from 'vitest';
import { fuzzyScore } from './fuzzy.ts';

const best = (query: string, texts: string[]) =>
  texts
    .map((text) => ({ text, score: fuzzyScore(query, text) }))
    .filter((each) => each.score !== null)
    .toSorted((a, b) => (b.score as number) - (a.score as number))
    .map((each) => each.text);

test('a beginning comes before the beginning of a word, that before a part, letters in order last', () => {
  expect(best('web', ['cobweb', 'my-web', 'web', 'w-e-b', 'nginx'])).toEqual([
    'web',
    'my-web',
    'cobweb',
    'w-e-b',
  ]);
});

test('every word must be found, in any order', () => {
  expect(fuzzyScore('web restart', 'Restart web')).not.toBeNull();
  expect(fuzzyScore('web delete', 'Restart web')).toBeNull();
});

test('nothing typed matches everything, the shortest first', () => {
  expect(best('', ['bb', 'a'])).toEqual(['a', 'bb']);
});

test('Chinese is found by its characters', () => {
  expect(best('停止', ['停止 web', '启动 web'])).toEqual(['停止 web']);
});
