import { expect, test } from 'vitest';
import { median, tableOf } from './report.ts';

test.each([
  { values: [3], middle: 3 },
  { values: [5, 1, 3], middle: 3 },
  { values: [4, 1, 3, 2], middle: 2.5 },
])('median of $values is $middle', ({ values, middle }) => {
  expect(median(values)).toBe(middle);
});

test('tableOf() gives a Markdown row with the ratio in our favour', () => {
  const row = { name: 'exec', unit: 'ms', docker: 40, gantry: 8, bar: '≥ 4×' } as const;
  expect(tableOf([row]).split('\n').at(-1)).toBe('| exec | 40.0 ms | 8.00 ms | 5.0× | ≥ 4× |');
});
