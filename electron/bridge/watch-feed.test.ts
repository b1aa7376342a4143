import { describe, expect, it } from 'vitest';
import type { WatchMessage } from '../../engine/contract/gantry.ts';
import { inventContainers, inventImages } from '../../test/fixtures/fake-world.ts';
import type { WatchChange } from '../ipc/contract.ts';
import { WatchFeed } from './watch-feed.ts';

const containers = inventContainers(3, 0);
const images = inventImages(containers, 2, 0);
const engine = {
  version: '0.1.0',
  apiVersion: '1.50',
  instance: 'a',
  cpus: 2,
  memoryBytes: 1,
  dataRoot: '/',
  warnings: [],
};
const reset: WatchMessage = { kind: 'reset', engine, containers, images };

/** The batch that comes out of these messages. */
function batchOf(...messages: WatchMessage[]): Promise<readonly WatchChange[]> {
  return new Promise((resolve) => {
    const feed = new WatchFeed(resolve);
    for (const message of messages) feed.receive(message);
  });
}

describe('the watch feed', () => {
  it('hands on changes of one frame together, and of each object only the last', async () => {
    const [first] = containers;
    if (!first) throw new Error('no containers were invented');
    const paused: WatchMessage = { kind: 'container', value: { ...first, State: 'paused' } };
    const gone: WatchMessage = { kind: 'container-gone', id: first.Id };
    const image: WatchMessage = { kind: 'image-gone', id: images[0]?.Id ?? '' };
    expect(await batchOf(paused, image, gone)).toEqual([image, gone]);
  });

  it('drops changes that a reset has overtaken', async () => {
    const gone: WatchMessage = { kind: 'container-gone', id: 'x' };
    expect(await batchOf(gone, reset)).toEqual([reset]);
  });

  it('keeps the whole state for windows that come late', () => {
    const feed = new WatchFeed(() => {});
    expect(feed.state).toBeNull();
    feed.receive(reset);
    feed.receive({ kind: 'container-gone', id: containers[1]?.Id ?? '' });
    feed.receive({ kind: 'image-gone', id: images[0]?.Id ?? '' });
    expect(feed.state?.containers.map(({ Id }) => Id)).toEqual([
      containers[0]?.Id,
      containers[2]?.Id,
    ]);
    expect(feed.state?.images).toHaveLength(images.length - 1);
    feed.close();
  });
});
