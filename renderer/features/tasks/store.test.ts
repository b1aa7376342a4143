import { expect, test } from 'vitest';
import type { Task } from '../../../electron/ipc/contract.ts';
import { inOrder, lastDone, progressOf, timeLeftMs } from './store.ts';

const task = (rest: Partial<Task>): Task => ({
  taskId: 'a',
  kind: 'pull',
  subject: 'nginx',
  state: 'running',
  startedMs: 0,
  layers: [],
  currentBytes: 0,
  totalBytes: 0,
  bytesPerSecond: 0,
  ...rest,
});

test('progress is not known before the size is, and whole at the end', () => {
  expect(progressOf(task({}))).toBeNull();
  expect(progressOf(task({ currentBytes: 30, totalBytes: 120 }))).toBe(0.25);
  expect(progressOf(task({ currentBytes: 130, totalBytes: 120 }))).toBe(1);
  expect(progressOf(task({ state: 'done' }))).toBe(1);
});

test('time left needs a speed and something left', () => {
  const half = { currentBytes: 50, totalBytes: 100 };
  expect(timeLeftMs(task({ ...half, bytesPerSecond: 10 }))).toBe(5_000);
  expect(timeLeftMs(task(half))).toBeNull();
  expect(timeLeftMs(task({ ...half, bytesPerSecond: 10, state: 'failed' }))).toBeNull();
});

test('what runs comes first, then the newest', () => {
  const order = inOrder([
    task({ taskId: 'old', state: 'done', startedMs: 1 }),
    task({ taskId: 'new', state: 'failed', startedMs: 3 }),
    task({ taskId: 'running', startedMs: 2 }),
  ]);
  expect(order.map((each) => each.taskId)).toEqual(['running', 'new', 'old']);
});

test('what was done last is told, in whatever order the host lists it', () => {
  const tasks = [
    task({ taskId: 'slow', state: 'done', startedMs: 1, endedMs: 9 }),
    task({ taskId: 'late', state: 'failed', startedMs: 4, endedMs: 10 }),
    task({ taskId: 'quick', state: 'done', startedMs: 2, endedMs: 3 }),
  ];
  expect(lastDone(tasks)?.taskId).toBe('slow');
  expect(lastDone(tasks.toReversed())?.taskId).toBe('slow');
  expect(lastDone([])).toBeUndefined();
});
