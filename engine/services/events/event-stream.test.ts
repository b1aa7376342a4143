import { describe, expect, test } from 'vitest';
import type { Clock } from '../../host/clock.ts';
import { systemClock } from '../../host/clock.ts';
import { EventBus, type EngineEvent } from './event-bus.ts';
import { streamEvents } from './event-stream.ts';

/** Stands still until told; a sleep lasts until the time is reached. */
class HandClock implements Clock {
  private time = 100_000_000_000n;
  private readonly sleepers: { atNs: bigint; wake: () => void }[] = [];

  nowNs(): bigint {
    return (this.time += 1n);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((wake) =>
      this.sleepers.push({ atNs: this.time + BigInt(ms) * 1_000_000n, wake }),
    );
  }

  advance(ms: number): void {
    this.time += BigInt(ms) * 1_000_000n;
    for (const { atNs, wake } of this.sleepers) if (atNs <= this.time) wake();
  }
}

function setUp() {
  const clock = new HandClock();
  const bus = new EventBus(clock);
  const publish = (action: string, attributes: Record<string, string> = {}, actorId = 'c1') =>
    bus.publish({ type: 'container', action, actorId, attributes });
  const stop = new AbortController();
  const open = (query: { since?: string; until?: string; filters?: Record<string, string[]> }) =>
    streamEvents(
      bus,
      clock,
      {
        since: query.since ?? '',
        until: query.until ?? '',
        filters: new Map(Object.entries(query.filters ?? {})),
      },
      stop.signal,
    );
  return { clock, publish, stop, open };
}

async function actions(events: AsyncIterable<EngineEvent>): Promise<string[]> {
  const seen: string[] = [];
  for await (const event of events) seen.push(event.action);
  return seen;
}

describe('streamEvents()', () => {
  test('gives what happens after the call, in order, until the client goes', async () => {
    const { publish, open, stop } = setUp();
    publish('before');
    const events = open({});
    publish('create');
    publish('start');
    stop.abort();
    expect(await actions(events)).toEqual(['create', 'start']);
  });

  test('gives the past from `since` on and ends at once when `until` has passed', async () => {
    const { publish, open, clock } = setUp();
    publish('early');
    clock.advance(5000);
    publish('late');
    clock.advance(5000);
    expect(await actions(open({ since: '104', until: '107' }))).toEqual(['late']);
    expect(await actions(open({ since: '1m', until: '1s' }))).toEqual(['early', 'late']);
  });

  test('gives all that is kept since 0, and knows nanoseconds and RFC 3339', async () => {
    const { publish, open, clock } = setUp();
    publish('early');
    clock.advance(5000);
    publish('late');
    clock.advance(5000);
    expect(await actions(open({ since: '0', until: '0' }))).toEqual([]);
    expect(await actions(open({ since: '0', until: '1s' }))).toEqual(['early', 'late']);
    expect(await actions(open({ since: '100.000000003', until: '1s' }))).toEqual(['late']);
    const since = '1970-01-01T00:01:44Z';
    expect(await actions(open({ since, until: '1970-01-01T00:01:46Z' }))).toEqual(['late']);
  });

  test('ends by itself when a future `until` is reached', async () => {
    const { publish, open, clock } = setUp();
    const events = open({ until: '103' });
    publish('inside');
    clock.advance(4000);
    publish('outside');
    expect(await actions(events)).toEqual(['inside']);
  });

  test('filters by event, container name, image without tag, and all given labels', async () => {
    const { publish, open, stop } = setUp();
    const attributes = { name: 'web', image: 'nginx:1', app: 'shop', tier: 'front' };
    const streams = [
      open({ filters: { event: ['exec_create'] } }),
      open({ filters: { container: ['web'] } }),
      open({ filters: { image: ['nginx'] } }),
      open({ filters: { label: ['app=shop', 'tier'] } }),
      open({ filters: { label: ['app=shop', 'absent'] } }),
      open({ filters: { type: ['network'] } }),
      open({ filters: { event: ['exec_create: sh'], container: ['we', 'other'] } }),
      open({ filters: { event: ['exec'] } }),
      open({ filters: { scope: ['swarm'] } }),
      open({ filters: { plugin: ['web'] } }),
      open({ filters: { colour: ['red'] } }),
    ];
    publish('exec_create: sh', attributes);
    publish('start', { name: 'db', image: 'postgres' }, 'c2');
    stop.abort();
    const seen = await Promise.all(streams.map(actions));
    expect(seen.map((list) => list.length)).toEqual([1, 1, 1, 1, 0, 0, 1, 0, 0, 0, 2]);
  });

  test.each([
    [{ since: '200', until: '150' }, '`since` time (200) cannot be after `until` time (150)'],
    [{ since: 'yesterday' }, 'failed to parse value as time'],
  ])('refuses %j', (query, message) => {
    expect(() => setUp().open(query)).toThrow(message);
  });
});

test('the clock never gives the same time twice', () => {
  const times = Array.from({ length: 1000 }, () => systemClock.nowNs());
  expect(new Set(times).size).toBe(1000);
  expect(times.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(times);
});
