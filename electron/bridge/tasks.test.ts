import { describe, expect, it } from 'vitest';
import { openBridge, TestWindow } from '../../test/fixtures/bridge-fixture.ts';
import { eventually } from '../../test/support/eventually.ts';
import type { Task } from '../ipc/contract.ts';

function lastOf(window: TestWindow): Task | undefined {
  return window.link.all('tasks').at(-1)?.[0];
}

describe('a pull', () => {
  it('shows every layer on its way and ends done', async () => {
    const { fixture, engine, window } = await openBridge({ pullMs: 400 });
    await using _ = fixture;
    const { taskId } = await window.call('image.pull', { reference: 'hello' });
    const done = await eventually('the end', () => {
      const task = lastOf(window);
      return task?.state === 'done' && task;
    });
    expect(done).toMatchObject({ taskId, kind: 'pull', subject: 'hello', bytesPerSecond: 0 });
    expect(done.layers.map(({ phase }) => phase)).toEqual(['done', 'done', 'done', 'done']);
    expect(done.currentBytes).toBe(done.totalBytes);

    const seen = window.link.all('tasks').map(([task]) => task?.currentBytes ?? 0);
    expect(seen.toSorted((left, right) => left - right)).toEqual(seen);
    expect(seen.some((bytes) => bytes > 0 && bytes < done.totalBytes)).toBe(true);
    expect([...engine.images.values()].some(({ RepoTags }) => RepoTags[0] === 'hello:latest')).toBe(
      true,
    );
  });

  it('survives its window, and shows in the next', async () => {
    const { fixture, bridge, window } = await openBridge({ pullMs: 400 });
    await using _ = fixture;
    await window.call('image.pull', { reference: 'hello' });
    window.session.close();
    const next = new TestWindow(bridge);
    expect((await next.call('state.read', undefined)).tasks[0]?.state).toBe('running');
    await eventually('the end', () => lastOf(next)?.state === 'done');
  });

  it('is told at most ten times a second', async () => {
    const { fixture, window } = await openBridge({ pullMs: 1000 });
    await using _ = fixture;
    const began = Date.now();
    await window.call('image.pull', { reference: 'hello' });
    await eventually('the end', () => lastOf(window)?.state === 'done');
    const tookMs = Date.now() - began;
    expect(window.link.all('tasks').length).toBeLessThanOrEqual(tookMs / 100 + 2);
  });

  it('ends in the engine when it is cancelled, and can be retried', async () => {
    const { fixture, engine, window } = await openBridge({ pullMs: 60_000 });
    await using _ = fixture;
    const { taskId } = await window.call('image.pull', { reference: 'hello' });
    await eventually('the pull to begin', () => engine.openPulls === 1);
    await window.call('task.cancel', { taskId });
    await eventually('the end', () => lastOf(window)?.state === 'cancelled');
    await eventually('the engine to stop', () => engine.openPulls === 0);
    expect(lastOf(window)?.error).toBeUndefined();

    const next = await window.call('task.retry', { taskId });
    expect(next.taskId).not.toBe(taskId);
    await eventually('the new one', () => lastOf(window)?.state === 'running');
    expect(window.link.all('tasks').at(-1)).toHaveLength(1);
  });

  it('fails with what the engine says, before it began and in the middle', async () => {
    const { fixture, window } = await openBridge({ pullMs: 100 });
    await using _ = fixture;
    await window.call('image.pull', { reference: 'nope' });
    await eventually('the refusal', () => lastOf(window)?.state === 'failed');
    expect(lastOf(window)?.error).toContain('pull access denied for nope');
    await window.call('image.pull', { reference: 'broken' });
    await eventually('the failure', () => lastOf(window)?.error === 'unexpected EOF');
  });

  it('of what is being pulled already is the same task', async () => {
    const { fixture, engine, window } = await openBridge({ pullMs: 60_000 });
    await using _ = fixture;
    const first = await window.call('image.pull', { reference: 'hello' });
    expect(await window.call('image.pull', { reference: 'hello' })).toEqual(first);
    await eventually('the pull to begin', () => engine.openPulls > 0);
    expect(engine.openPulls).toBe(1);
  });

  it('stays on the list until it is dismissed, which it cannot be while it runs', async () => {
    const { fixture, window } = await openBridge({ pullMs: 100 });
    await using _ = fixture;
    const { taskId } = await window.call('image.pull', { reference: 'hello' });
    await expect(window.call('task.dismiss', { taskId })).rejects.toMatchObject({
      code: 'conflict',
    });
    await eventually('the end', () => lastOf(window)?.state === 'done');
    await window.call('task.dismiss', { taskId });
    await eventually('an empty list', () => window.link.all('tasks').at(-1)?.length === 0);
  });

  it('is announced when nobody can see a window, and only then', async () => {
    const announced: Task[] = [];
    const { fixture, window } = await openBridge(
      { pullMs: 20 },
      { onTaskEndedUnseen: (task) => announced.push(task) },
    );
    await using _ = fixture;
    await window.call('image.pull', { reference: 'seen' });
    await eventually('the end', () => lastOf(window)?.state === 'done');
    window.link.visible = false;
    await window.call('image.pull', { reference: 'unseen' });
    await eventually('the announcement', () => announced.length === 1);
    expect(announced[0]?.subject).toBe('unseen');
  });
});
