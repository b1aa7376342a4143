import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { pathMatcher } from './path-match.ts';

// Source: the table of Go's own path/match_test.go, its cases by what they are about.
test.each<[pattern: string, text: string, matches: boolean]>([
  ['abc', 'abc', true],
  ['*', 'abc', true],
  ['*c', 'abc', true],
  ['a*', 'a', true],
  ['a*', 'ab/c', false],
  ['a*/b', 'abc/b', true],
  ['a*/b', 'a/c/b', false],
  ['a*b*c*d*e*/f', 'axbxcxdxe/f', true],
  ['a*b?c*x', 'abxbbxdbxebxczzx', true],
  ['ab[c]', 'abc', true],
  ['ab[b-d]', 'abc', true],
  ['ab[e-g]', 'abc', false],
  ['ab[^c]', 'abc', false],
  ['ab[^e-g]', 'abc', true],
  [String.raw`a\*b`, 'a*b', true],
  [String.raw`a\*b`, 'ab', false],
  ['a?b', 'a☺b', true],
  ['a[^a]b', 'a☺b', true],
  ['[a-ζ]*', 'α', true],
  ['a?b', 'a/b', false],
  [String.raw`[\]a]`, ']', true],
  [String.raw`[x\-]`, '-', true],
  ['[b-a]', 'a', false],
  ['localhost:5000/*/x:v?', 'localhost:5000/a/x:v1', true],
  ['a.b', 'axb', false],
])('%s against %s is %s', (pattern, text, matches) => {
  expect(pathMatcher(pattern)(text)).toBe(matches);
});

test.each(['[]a]', '[-]', '[x-]', '[-x]', String.raw`[a-b-c]`, '[', '[^', '[^bc', 'a[', '\\'])(
  '%s is refused',
  (pattern) => {
    expect(() => pathMatcher(pattern)).toThrow('syntax error in pattern');
  },
);

test('an escaped text matches itself and nothing else', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (text, other) => {
      const matches = pathMatcher(Array.from(text, (character) => `\\${character}`).join(''));
      return matches(text) && matches(other) === (other === text);
    }),
  );
});

test('whatever is typed either matches or is refused as a pattern', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (pattern, text) => {
      try {
        pathMatcher(pattern)(text);
      } catch (error) {
        expect(error).toHaveProperty('message', 'syntax error in pattern');
      }
    }),
  );
});
