/** `GET /events`: what is kept from `since` on, then what happens, until `until` or the client's end. */
import { EngineError } from '../../contract/errors.ts';
import type { Filters } from '../../contract/route.ts';
import { parseTimestampNs } from '../../formats/timestamps.ts';
import type { Clock } from '../../host/clock.ts';
import type { EngineEvent, EventBus } from './event-bus.ts';
import { eventFilter } from './event-filters.ts';

export interface EventQuery {
  readonly since: string;
  readonly until: string;
  readonly filters: Filters;
}

/** A client this far behind (events) is cut off: it no longer reads. */
const QUEUE_LIMIT = 16384;

/** Timers take no more; nobody watches for 24 days. */
const LONGEST_SLEEP_MS = 2 ** 31 - 1;

/**
 * Checks the query at once and returns the stream. Subscribed before it returns, so nothing that
 * happens after the call is missed.
 */
export function streamEvents(
  bus: EventBus,
  clock: Clock,
  query: EventQuery,
  signal: AbortSignal,
): AsyncIterable<EngineEvent> {
  const nowNs = clock.nowNs();
  const sinceNs = parseTime(query.since, nowNs);
  const untilNs = parseTime(query.until, nowNs);
  if (sinceNs !== undefined && untilNs !== undefined && sinceNs > untilNs)
    throw new EngineError(
      'invalid-argument',
      `\`since\` time (${query.since}) cannot be after \`until\` time (${query.until})`,
    );
  const wanted = eventFilter(query.filters);
  const inWindow = (event: EngineEvent) => untilNs === undefined || event.timeNs <= untilNs;
  const past = sinceNs === undefined ? [] : bus.since(sinceNs);
  const queue = past.filter((event) => inWindow(event) && wanted(event));
  if (untilNs !== undefined && untilNs <= nowNs) return iterate(queue);
  return follow(bus, queue, (event) => inWindow(event) && wanted(event), untilNs, clock, signal);
}

/** Here 0 is the beginning of time, not the absence of one as for logs. */
function parseTime(text: string, nowNs: bigint): bigint | undefined {
  return text === '0' ? 0n : parseTimestampNs(text, nowNs);
}

async function* iterate(events: readonly EngineEvent[]): AsyncIterable<EngineEvent> {
  yield* events;
}

function follow(
  bus: EventBus,
  queue: EngineEvent[],
  wanted: (event: EngineEvent) => boolean,
  untilNs: bigint | undefined,
  clock: Clock,
  signal: AbortSignal,
): AsyncIterable<EngineEvent> {
  let wake = () => {};
  let ended = false;
  const end = () => {
    ended = true;
    wake();
  };
  const unsubscribe = bus.subscribe((event) => {
    if (ended || !wanted(event)) return;
    if (queue.push(event) > QUEUE_LIMIT) end();
    wake();
  });
  signal.addEventListener('abort', end, { once: true });
  if (untilNs !== undefined) {
    const remainingMs = Number((untilNs - clock.nowNs()) / 1_000_000n) + 1;
    clock.sleep(Math.min(remainingMs, LONGEST_SLEEP_MS), signal).then(end, end);
  }
  return (async function* () {
    try {
      for (;;) {
        let event = queue.shift();
        while (event !== undefined) {
          yield event;
          event = queue.shift();
        }
        if (ended) return;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      unsubscribe();
      signal.removeEventListener('abort', end);
    }
  })();
}
