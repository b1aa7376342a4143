import { expect, test } from 'vitest';
import { textsMatching } from './expressions.ts';

const NAMES = ['web-1', 'Web-2', 'db'];

test.each([
  ['web', ['web-1']],
  ['^.eb-[0-9]$', ['web-1', 'Web-2']],
  ['(?i)WEB', ['web-1', 'Web-2']],
  ['db|1', ['web-1', 'db']],
  ['', NAMES],
  ['(', []],
])('textsMatching(%s) finds %j', (expression, found) => {
  expect([...textsMatching(expression, NAMES)]).toEqual(found);
});

test('textsMatching() gives up on an expression that would take for ever', () => {
  const began = performance.now();
  expect(() => textsMatching('^(a+)+$', [`${'a'.repeat(60)}b`])).toThrow(
    'expression takes too long: ^(a+)+$',
  );
  expect(performance.now() - began).toBeLessThan(5_000);
});
