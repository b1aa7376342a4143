/**
 * Which events a client asked for. Values of one key are alternatives, keys must all hold.
 * Source: moby `daemon/events/filter.go`. Pure.
 */
import { EngineError } from '../../contract/errors.ts';
import type { Filters } from '../../contract/route.ts';
import type { EngineEvent } from './event-bus.ts';

type Test = (event: EngineEvent, value: string) => boolean;

const TESTS: Readonly<Record<string, Test>> = {
  type: (event, value) => event.type === value,
  event: (event, value) =>
    event.action === value ||
    event.action.startsWith(`${value}: `) ||
    event.action.startsWith(`${value}:`),
  container: (event, value) => event.type === 'container' && namesActor(event, value),
  image: (event, value) => isImage(event, value),
  network: (event, value) => event.type === 'network' && namesActor(event, value),
  volume: (event, value) => event.type === 'volume' && namesActor(event, value),
  daemon: (event, value) => event.type === 'daemon' && namesActor(event, value),
  label: hasLabel,
  scope: (_event, value) => value === 'local',
};

/** Throws `invalid-argument` for a key no event knows. */
export function eventFilter(filters: Filters): (event: EngineEvent) => boolean {
  for (const key of filters.keys())
    if (!(key in TESTS)) throw new EngineError('invalid-argument', `invalid filter '${key}'`);
  return (event) =>
    [...filters].every(([key, values]) => {
      if (values.length === 0) return true;
      const holds = TESTS[key] as Test;
      // Labels are a conjunction, everything else a choice.
      return key === 'label'
        ? values.every((value) => holds(event, value))
        : values.some((value) => holds(event, value));
    });
}

function namesActor(event: EngineEvent, value: string): boolean {
  return event.actorId.startsWith(value) || event.attributes['name'] === value;
}

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
