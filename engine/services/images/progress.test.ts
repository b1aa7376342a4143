import { expect, test } from 'vitest';
import type { ProgressMessage } from '../../contract/images.ts';
import { barText, humanSize, ProgressStream, stepLine } from './progress.ts';

test.each([
  [0, '0B'],
  [999, '999B'],
  [1000, '1kB'],
  [1024, '1.024kB'],
  [3_145_728, '3.146MB'],
  [123_456_789, '123.5MB'],
  [2.5e12, '2.5TB'],
])('humanSize() of %d is %s', (bytes, text) => {
  expect(humanSize(bytes)).toBe(text);
});

test('barText() is the bar that docker draws', () => {
  expect(barText(0, 100)).toBe(`[>${' '.repeat(50)}]       0B/100B`);
  expect(barText(50, 100)).toBe(`[${'='.repeat(25)}>${' '.repeat(25)}]      50B/100B`);
  expect(barText(100, 100)).toBe(`[${'='.repeat(50)}>]     100B/100B`);
});

test('ProgressStream gives every step in order, then what the work gave', async () => {
  const stream = new ProgressStream();
  const work = (async () => {
    stream.push(stepLine('one', 'a'));
    await Promise.resolve();
    stream.push(stepLine('two', 'b'));
    return 'done';
  })();
  const seen: ProgressMessage[] = [];
  const lines = stream.until(work);
  let item = await lines.next();
  for (; item.done !== true; item = await lines.next()) seen.push(item.value);
  expect(seen.map((line) => line.status)).toEqual(['one', 'two']);
  expect(item.value).toBe('done');
});

test('ProgressStream throws what the work throws, after its lines', async () => {
  const stream = new ProgressStream();
  stream.push(stepLine('one', 'a'));
  const lines = stream.until(Promise.reject(new Error('broken')));
  expect((await lines.next()).value).toMatchObject({ status: 'one' });
  await expect(lines.next()).rejects.toThrow('broken');
});
