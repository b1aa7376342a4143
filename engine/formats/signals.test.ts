import { expect, test } from 'vitest';
import { parseSignal } from './signals.ts';

test.each([
  ['SIGTERM', 15],
  ['term', 15],
  ['15', 15],
  ['KILL', 9],
  ['SIGRTMIN', 34],
  ['RTMIN+3', 37],
  ['SIGRTMAX-2', 62],
])('parseSignal(%s) is %i', (text, number) => {
  expect(parseSignal(text)).toBe(number);
});

test.each(['', '0', '65', 'SIGNOSUCH', '-9', 'RTMAX+1', 'constructor'])(
  'parseSignal(%s) is refused in Docker’s words',
  (text) => {
    expect(() => parseSignal(text)).toThrow(`invalid signal: ${text}`);
  },
);
