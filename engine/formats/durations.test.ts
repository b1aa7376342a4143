import { expect, test } from 'vitest';
import { goDuration, humanDuration } from './durations.ts';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;

test.each([
  [0, 'Less than a second'],
  [SECOND, '1 second'],
  [45 * SECOND, '45 seconds'],
  [60 * SECOND, 'About a minute'],
  [119 * SECOND, 'About a minute'],
  [3 * 60 * SECOND, '3 minutes'],
  [HOUR, 'About an hour'],
  [3 * HOUR, '3 hours'],
  [47 * HOUR, '47 hours'],
  [3 * DAY, '3 days'],
  [15 * DAY, '2 weeks'],
  [70 * DAY, '2 months'],
  [800 * DAY, '2 years'],
])('%i ms is %s', (durationMs, text) => {
  expect(humanDuration(durationMs)).toBe(text);
});

test.each([
  [300, '300ms'],
  [1000, '1s'],
  [1500, '1.5s'],
  [90_000, '1m30s'],
  [3_600_000, '1h0m0s'],
])('%i ms is %s to Go', (durationMs, text) => {
  expect(goDuration(durationMs)).toBe(text);
});
