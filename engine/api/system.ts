/** Routes about the engine itself. */
import type { EventMessage, SYSTEM_ROUTES } from '../contract/system.ts';
import type { EngineEvent, EventBus } from '../services/events/event-bus.ts';
import { streamEvents } from '../services/events/event-stream.ts';
import type { SystemService } from '../services/system/system-service.ts';
import type { Clock } from '../host/clock.ts';
import type { Call, Handlers } from './handler.ts';

/**
 * `Builder-Version: 1` sends the CLI to the classic `/build`; `2` would promise BuildKit's gRPC.
 * Source: moby `api/server/router/system`, pingHandler.
 */
const PING_HEADERS = {
  'Builder-Version': '1',
  'Cache-Control': 'no-cache, no-store, must-revalidate',
  Pragma: 'no-cache',
  Swarm: 'inactive',
  'Content-Type': 'text/plain; charset=utf-8',
};

/** Image events were not shown to clients before 1.46 under the name `create`. Source: API v1.46 notes. */
const IMAGE_CREATE_SINCE = 46;

export function systemHandlers(
  system: SystemService,
  events: EventBus,
  clock: Clock,
): Handlers<typeof SYSTEM_ROUTES> {
  return {
    ping: ({ response }) => void response.writeHead(200, PING_HEADERS).end('OK'),
    pingHead: ({ response }) =>
      void response.writeHead(200, { ...PING_HEADERS, 'Content-Length': '0' }).end(),
    version: () => system.version(),
    info: () => system.info(),
    events: (call) => listEvents(call, events, clock),
  };
}

function listEvents(
  call: Call<typeof SYSTEM_ROUTES.events>,
  bus: EventBus,
  clock: Clock,
): AsyncIterable<EventMessage> {
  const events = streamEvents(bus, clock, call.query, call.signal);
  // The CLI and Compose wait for the headers before they start what they want to watch.
  call.response.writeHead(200, { 'Content-Type': 'application/json' });
  call.response.flushHeaders();
  return encodeEvents(events, call.apiVersion);
}

async function* encodeEvents(
  events: AsyncIterable<EngineEvent>,
  apiVersion: number,
): AsyncIterable<EventMessage> {
  for await (const event of events) {
    const hidden =
      event.type === 'image' && event.action === 'create' && apiVersion < IMAGE_CREATE_SINCE;
    if (!hidden) yield encodeEvent(event);
  }
}

function encodeEvent(event: EngineEvent): EventMessage {
  const from = event.attributes['image'];
  const legacy = event.type === 'container' || event.type === 'image';
  return {
    ...(legacy && { status: event.action, id: event.actorId }),
    ...(event.type === 'container' && from !== undefined && { from }),
    Type: event.type,
    Action: event.action,
    Actor: { ID: event.actorId, Attributes: { ...event.attributes } },
    scope: 'local',
    time: Number(event.timeNs / 1_000_000_000n),
    timeNano: wholeNumber(event.timeNs),
  };
}

/** With all its digits, which a number loses beyond 2^53: clients ask for what came after it. */
function wholeNumber(value: bigint): number {
  const { rawJSON } = JSON as unknown as { rawJSON(text: string): number };
  return rawJSON(String(value));
}
