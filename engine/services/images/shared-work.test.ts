import { expect, test } from 'vitest';
import { SharedWork } from './shared-work.ts';

const never = () => new AbortController().signal;

test('join() does the same work once', async () => {
  const work = new SharedWork<number, string>();
  let begun = 0;
  const gate = Promise.withResolvers<string>();
  const begin = () => {
    begun++;
    return gate.promise;
  };
  const both = [1, 2].map(() => work.join('k', never(), undefined, begin));
  gate.resolve('done');
  expect(await Promise.all(both)).toEqual(['done', 'done']);
  await work.join('k', never(), undefined, begin);
  expect(begun).toBe(2);
});

test('join() tells who comes late how far it is', async () => {
  const work = new SharedWork<number, void>();
  const gate = Promise.withResolvers<void>();
  const first = work.join('k', never(), undefined, async ({ onProgress }) => {
    onProgress(7);
    await gate.promise;
  });
  await Promise.resolve();
  await Promise.resolve();
  const heard: number[] = [];
  const second = work.join(
    'k',
    never(),
    (at) => heard.push(at),
    () => gate.promise,
  );
  expect(heard).toEqual([7]);
  gate.resolve();
  await Promise.all([first, second]);
});

test('join() goes on while one caller is left, and is aborted with the last', async () => {
  const work = new SharedWork<number, string>();
  const callers = [new AbortController(), new AbortController()];
  let joint: AbortSignal | undefined;
  const begin = ({ signal }: { signal: AbortSignal }) => {
    joint = signal;
    return new Promise<string>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  };
  const results = callers.map(({ signal }) => work.join('k', signal, undefined, begin));
  const failures = results.map((result) => expect(result).rejects.toThrow('left'));
  callers[0]?.abort(new Error('left'));
  await failures[0];
  expect(joint?.aborted).toBe(false);
  callers[1]?.abort(new Error('left'));
  await failures[1];
  expect(joint?.aborted).toBe(true);
});

test('join() does not begin anew before what was given up has ended', async () => {
  const work = new SharedWork<number, string>();
  const client = new AbortController();
  const closing = Promise.withResolvers<void>();
  const order: string[] = [];
  const first = work.join('k', client.signal, undefined, async ({ signal }) => {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    await closing.promise;
    order.push('closed');
    throw signal.reason as Error;
  });
  const failure = expect(first).rejects.toThrow('left');
  client.abort(new Error('left'));
  await new Promise(setImmediate); // it has noticed, and is giving up
  const second = work.join('k', never(), undefined, async () => {
    order.push('begun');
    return 'again';
  });
  closing.resolve();
  expect(await second).toBe('again');
  await failure;
  expect(order).toEqual(['closed', 'begun']);
});
