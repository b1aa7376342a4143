/**
 * Which events a client asked for. Values of one key are alternatives, keys must all hold. A key that
 * means nothing is no filter, as with dockerd. Source: moby `daemon/events/filter.go`. Pure.
 */
import type { Filters } from '../../contract/route.ts';
import type { EngineEvent } from './event-bus.ts';

type Test = (event: EngineEvent, value: string) => boolean;

/** What an event can be about; of the last five there are none here. */
const ACTOR_TYPES = [
  ...['container', 'network', 'volume', 'daemon', 'builder'],
  ...['plugin', 'node', 'service', 'secret', 'config'],
];

const TESTS: ReadonlyMap<string, Test> = new Map<string, Test>([
  ['type', (event, value) => event.type === value],
  // `exec_create`, `health_status`: what follows the colon need not be named.
  ['event', ({ action }, value) => action === value || action.startsWith(`${value}:`)],
  ['image', isImage],
  ['label', hasLabel],
  ['scope', (_event, value) => value === 'local'],
  ...ACTOR_TYPES.map((type): [string, Test] => [
    type,
    (event, value) => event.type === type && namesActor(event, value),
  ]),
]);

export function eventFilter(filters: Filters): (event: EngineEvent) => boolean {
  return (event) =>
    [...filters].every(([key, values]) => {
      const holds = TESTS.get(key);
      if (values.length === 0 || holds === undefined) return true;
      // Labels are a conjunction, everything else a choice.
      return key === 'label'
        ? values.every((value) => holds(event, value))
        : values.some((value) => holds(event, value));
    });
}

/** By the beginning of its id or of its name. */
function namesActor(event: EngineEvent, value: string): boolean {
  return event.actorId.startsWith(value) || (event.attributes['name'] ?? '').startsWith(value);
}

/** By id or name, with its tag or without; events of containers by the image they were made from. */
function isImage(event: EngineEvent, value: string): boolean {
  const names =
    event.type === 'image'
      ? [event.actorId, event.attributes['name']]
      : [event.attributes['image']];
  return names.some((name) => name === value || name?.replace(/:[^/:]+$/, '') === value);
}

function hasLabel(event: EngineEvent, value: string): boolean {
  const mark = value.indexOf('=');
  if (mark === -1) return value in event.attributes;
  return event.attributes[value.slice(0, mark)] === value.slice(mark + 1);
}
