import { expect, test } from 'vitest';
import { pauseBefore } from './back-off.ts';

const NOW_MS = Date.parse('Mon, 30 Nov 2026 12:00:00 GMT');

test.each([
  [1, undefined, 200],
  [3, undefined, 800],
  [20, undefined, 10_000],
  [1, '5', 5000],
  [1, '0', 0],
  [1, 'Mon, 30 Nov 2026 12:00:07 GMT', 7000],
  [1, 'Mon, 30 Nov 2026 11:00:00 GMT', 0],
  [2, 'soon', 400],
  [1, '3600', undefined],
])('pauseBefore() attempt %s, with Retry-After %s, is %s', (attempt, retryAfter, pause) => {
  expect(pauseBefore(attempt, retryAfter, NOW_MS)).toBe(pause);
});
