import { expect, test } from 'vitest';
import { BackgroundWork } from './background-work.ts';

test('settle() waits for what is under way, and for what that begins', async () => {
  const work = new BackgroundWork(() => {});
  const done: string[] = [];
  const first = Promise.withResolvers<void>();
  const beginning = async () => {
    await first.promise;
    done.push('first');
    const following = async () => void done.push('second');
    work.add('second', following());
  };
  work.add('first', beginning());
  const settled = work.settle(60_000);
  first.resolve();
  await settled;
  expect(done).toEqual(['first', 'second']);
});

test('what fails is reported under its name, and does not keep settle() waiting', async () => {
  const reports: string[] = [];
  const work = new BackgroundWork((what, error) => reports.push(`${what}: ${String(error)}`));
  work.add('removal', Promise.reject(new Error('busy')));
  await work.settle(60_000);
  expect(reports).toEqual(['removal: Error: busy']);
});

test('settle() gives up on what never ends', async () => {
  const work = new BackgroundWork(() => {});
  work.add('endless', new Promise(() => {}));
  await expect(work.settle(10)).resolves.toBeUndefined();
});
