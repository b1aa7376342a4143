import { expect, test } from 'vitest';
import { parseGoDurationNs, parseTimestampNs } from './timestamps.ts';

const NOW_NS = 1_700_000_000_000_000_000n;

test.each([
  ['', undefined],
  ['0', undefined],
  ['1699999999', 1_699_999_999_000_000_000n],
  ['1699999999.5', 1_699_999_999_500_000_000n],
  ['1699999999.123456789', 1_699_999_999_123_456_789n],
  ['2023-11-14T22:13:20.000000001Z', 1_700_000_000_000_000_001n],
  ['2023-11-15T06:13:20+08:00', 1_700_000_000_000_000_000n],
  ['10m', NOW_NS - 600_000_000_000n],
  ['1h30m', NOW_NS - 5_400_000_000_000n],
])('parseTimestampNs(%j)', (text, expected) => {
  expect(parseTimestampNs(text, NOW_NS)).toBe(expected);
});

test('parseTimestampNs() refuses what is neither time nor duration', () => {
  expect(() => parseTimestampNs('soon', NOW_NS)).toThrow(
    'failed to parse value as time or duration',
  );
});

test.each([
  ['1.5s', 1_500_000_000n],
  ['100ms', 100_000_000n],
  ['5', undefined],
  ['m', undefined],
])('parseGoDurationNs(%j)', (text, expected) => {
  expect(parseGoDurationNs(text)).toBe(expected);
});
