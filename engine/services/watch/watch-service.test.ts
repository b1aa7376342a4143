import { expect, test } from 'vitest';
import type { WatchMessage } from '../../contract/gantry.ts';
import { WatchService, type WatchSources } from './watch-service.ts';

/** One kind of object with a version each; changing one tells the listeners. */
class Objects {
  private readonly versions = new Map<string, number>();
  private readonly listeners = new Set<(id: string) => void>();

  put(id: string, version: number): void {
    this.versions.set(id, version);
    for (const listener of this.listeners) listener(id);
  }

  remove(id: string): void {
    this.versions.delete(id);
    for (const listener of this.listeners) listener(id);
  }

  onChange(listener: (id: string) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  get(id: string): never | undefined {
    return (this.versions.has(id) ? { id, version: this.versions.get(id) } : undefined) as never;
  }

  all(): never[] {
    return [...this.versions.keys()].map((id) => this.get(id) as never);
  }

  get watchers(): number {
    return this.listeners.size;
  }
}

function setUp() {
  const containers = new Objects();
  const images = new Objects();
  const sources: WatchSources = {
    engine: () => ({ version: '1' }) as never,
    containers: {
      watchedAll: () => containers.all(),
      watched: (id) => containers.get(id),
      onChange: (listener) => containers.onChange(listener),
    },
    images: {
      listSummaries: () => images.all(),
      summaryOf: (id) => images.get(id),
      onChange: (listener) => images.onChange(listener),
    },
  };
  const stop = new AbortController();
  const stream = new WatchService(sources).watch(stop.signal)[Symbol.asyncIterator]();
  const next = async () => (await stream.next()).value as WatchMessage | undefined;
  return { containers, images, next, stop };
}

test('watch() begins with everything and goes on with changes', async () => {
  const { containers, images, next } = setUp();
  containers.put('c1', 1);
  expect(await next()).toMatchObject({ kind: 'reset', containers: [{ id: 'c1' }], images: [] });
  const waiting = next();
  images.put('i1', 1);
  expect(await waiting).toMatchObject({ kind: 'image', value: { id: 'i1' } });
  containers.remove('c1');
  expect(await next()).toEqual({ kind: 'container-gone', id: 'c1' });
});

test('watch() gives a slow reader the latest state of each object once', async () => {
  const { containers, next } = setUp();
  await next();
  for (let version = 1; version <= 1000; version++) {
    containers.put('busy', version);
    containers.put('calm', 1);
  }
  expect(await next()).toMatchObject({ kind: 'container', value: { id: 'busy', version: 1000 } });
  expect(await next()).toMatchObject({ kind: 'container', value: { id: 'calm', version: 1 } });
});

test('watch() ends with its client and stops listening', async () => {
  const { containers, images, next, stop } = setUp();
  await next();
  const waiting = next();
  stop.abort();
  expect(await waiting).toBeUndefined();
  expect([containers.watchers, images.watchers]).toEqual([0, 0]);
});
