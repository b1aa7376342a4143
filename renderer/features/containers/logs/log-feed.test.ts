import { beforeAll, expect, test, vi } from 'vitest';
import type { StreamName, StreamPort, Streams } from '../../../../electron/ipc/contract.ts';
import { Bridge } from '../../../bridge/bridge.ts';
import { hex } from '../../../testing/containers.ts';
import { MemoryBridge } from '../../../testing/memory-bridge.ts';
import { LogFeed } from './log-feed.ts';
import { isAtStart, MOST_LINES } from './log-window.ts';

/** A stopped container: its log of 12,000 lines of 100 bytes stays as it is. */
const STOPPED = hex('crawler');
const LINES = 12_000;

beforeAll(() => {
  // Frames as a window has them.
  vi.stubGlobal('requestAnimationFrame', (then: () => void) => setTimeout(then, 0));
});

class CountingBridge extends MemoryBridge {
  openStreams = 0;

  override openStream<N extends StreamName>(name: N, argument: Streams[N][0]): StreamPort<N> {
    const port = super.openStream(name, argument);
    this.openStreams++;
    return {
      onFrame: (listener) => port.onFrame(listener),
      post: (frame) => {
        if (frame.type === 'close') this.openStreams--;
        port.post(frame);
      },
    };
  }
}

async function openFeed() {
  const feed = new LogFeed(new Bridge(new MemoryBridge()), STOPPED);
  await feed.toTail();
  return feed;
}
const heldBy = (feed: LogFeed) => {
  const { lines } = feed.view().window;
  return [(lines[0]?.cursor ?? 0) / 100, (lines.at(-1)?.cursor ?? 0) / 100 + 1];
};

test('a log opens at its end and follows', async () => {
  const feed = await openFeed();
  expect(heldBy(feed)).toEqual([LINES - 500, LINES]);
  expect(feed.view()).toMatchObject({ phase: 'ready', isFollowing: true, newLines: 0 });
  feed.close();
});

test('asking for the end twice leaves one stream open, and closing the feed none', async () => {
  const api = new CountingBridge();
  const feed = new LogFeed(new Bridge(api), STOPPED);
  await Promise.all([feed.toTail(), feed.toTail()]);
  expect(api.openStreams).toBe(1);
  expect(feed.view()).toMatchObject({ phase: 'ready', isFollowing: true });
  feed.close();
  expect(api.openStreams).toBe(0);
});

test('reading back to the start keeps memory flat, and the way forward finds the end again', async () => {
  const feed = await openFeed();
  feed.setAtTail(false);
  while (!isAtStart(feed.view().window)) {
    await feed.pageBack();
    expect(feed.view().window.lines.length).toBeLessThanOrEqual(MOST_LINES);
  }
  expect(heldBy(feed)).toEqual([0, MOST_LINES]);
  expect(feed.view().window.isAttached).toBe(false);
  while (!feed.view().window.isAttached) await feed.pageForward();
  expect(heldBy(feed)[1]).toBe(LINES);
  feed.close();
}, 20_000);

test('a search hit far away comes with what stands around it', async () => {
  const feed = await openFeed();
  await feed.showCursor(300_000);
  expect(heldBy(feed)).toEqual([2_800, 3_200]);
  await feed.toTail();
  expect(heldBy(feed)).toEqual([LINES - 500, LINES]);
  feed.close();
});

test('a feed that was closed tells nothing more', async () => {
  const feed = await openFeed();
  let told = 0;
  feed.subscribe(() => (told += 1));
  feed.close();
  await feed.pageBack();
  await feed.toTail();
  expect(told).toBe(0);
});
