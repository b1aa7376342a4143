/** Which volumes a list or a prune is about. Pure. Source: moby `volume/service/by.go`. */
import { EngineError } from '../../contract/errors.ts';
import type { Filters } from '../../contract/route.ts';
import type { VolumeRecord } from './volume-service.ts';

type Test = (volume: VolumeRecord, value: string, isUsed: () => boolean) => boolean;

const LIST_TESTS: Readonly<Record<string, Test>> = {
  name: (volume, value) => volume.name.includes(value),
  driver: (_volume, value) => value === 'local',
  label: (volume, value) => hasLabel(volume, value),
  dangling: (_volume, value, isUsed) => isUsed() !== isTrue(value),
};

const PRUNE_TESTS: Readonly<Record<string, Test>> = {
  label: (volume, value) => hasLabel(volume, value),
  'label!': (volume, value) => !hasLabel(volume, value),
  all: () => true,
};

/** Throws `invalid-argument` for a key that lists do not know. */
export function listFilter(
  filters: Filters,
  isUsed: (name: string) => boolean,
): (volume: VolumeRecord) => boolean {
  return filterBy(LIST_TESTS, filters, isUsed);
}

/** Throws `invalid-argument` for a key that prunes do not know. */
export function pruneFilter(filters: Filters): (volume: VolumeRecord) => boolean {
  return filterBy(PRUNE_TESTS, filters, () => false);
}

/** A filter such as `all=true`. */
export function isSet(filters: Filters, key: string): boolean {
  return (filters.get(key) ?? []).some(isTrue);
}

function filterBy(
  tests: Readonly<Record<string, Test>>,
  filters: Filters,
  isUsed: (name: string) => boolean,
): (volume: VolumeRecord) => boolean {
  for (const key of filters.keys())
    if (!(key in tests)) throw new EngineError('invalid-argument', `invalid filter '${key}'`);
  return (volume) =>
    [...filters].every(([key, values]) => {
      const holds = (value: string) =>
        (tests[key] as Test)(volume, value, () => isUsed(volume.name));
      // Labels are a conjunction, everything else a choice.
      return key.startsWith('label')
        ? values.every(holds)
        : values.length === 0 || values.some(holds);
    });
}

function hasLabel({ labels }: VolumeRecord, value: string): boolean {
  const mark = value.indexOf('=');
  if (mark === -1) return labels !== null && value in labels;
  return labels?.[value.slice(0, mark)] === value.slice(mark + 1);
}

function isTrue(value: string): boolean {
  return ['1', 'true', 't'].includes(value.toLowerCase());
}
