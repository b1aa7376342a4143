import { expect, test } from 'vitest';
import { systemClock } from '../../host/clock.ts';
import { EventBus, HISTORY_LIMIT } from './event-bus.ts';

test('the history keeps the latest events, more than the 256 of dockerd, and no more', () => {
  const bus = new EventBus(systemClock);
  const count = HISTORY_LIMIT + 10;
  for (let number = 0; number < count; number++)
    bus.publish({ type: 'container', action: 'start', actorId: String(number), attributes: {} });
  const kept = bus.since(0n).map(({ actorId }) => Number(actorId));
  expect(HISTORY_LIMIT).toBeGreaterThanOrEqual(256);
  expect([kept[0], kept.at(-1), kept.length]).toEqual([10, count - 1, HISTORY_LIMIT]);
});
