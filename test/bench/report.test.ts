import { expect, test } from 'vitest';
import { median, percentile, scaleTableOf, tableOf } from './report.ts';

test.each([
  { values: [3], middle: 3 },
  { values: [5, 1, 3], middle: 3 },
  { values: [4, 1, 3, 2], middle: 2.5 },
])('median of $values is $middle', ({ values, middle }) => {
  expect(median(values)).toBe(middle);
});

test.each([
  { percent: 50, value: 2 },
  { percent: 99, value: 4 },
  { percent: 100, value: 4 },
  { percent: 1, value: 1 },
])('percentile $percent of 1 to 4 is $value', ({ percent, value }) => {
  expect(percentile([4, 2, 3, 1], percent)).toBe(value);
});

test('scaleTableOf() puts both figures side by side', () => {
  const row = { name: 'start each', docker: '200 ms', gantry: '20 ms' };
  expect(scaleTableOf([row]).split('\n').at(-1)).toBe('| start each | 200 ms | 20 ms |');
});

test('tableOf() gives a Markdown row with the ratio in our favour', () => {
  const row = { name: 'exec', unit: 'ms', docker: 40, gantry: 8, bar: '≥ 4×' } as const;
  expect(tableOf([row]).split('\n').at(-1)).toBe('| exec | 40.0 ms | 8.00 ms | 5.0× | ≥ 4× |');
});
