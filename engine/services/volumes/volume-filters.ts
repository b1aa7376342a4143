/** Which volumes a list or a prune is about. Source: moby `volume/service/by.go`. */
import { EngineError } from '../../contract/errors.ts';
import type { Filters } from '../../contract/route.ts';
import { textsMatching } from '../../host/expressions.ts';
import type { VolumeRecord } from './volume-service.ts';

type Test = (volume: VolumeRecord, value: string) => boolean;

const LABEL_TEST: Test = (volume, value) => hasLabel(volume, value);

const PRUNE_TESTS: Readonly<Record<string, Test>> = {
  label: LABEL_TEST,
  'label!': (volume, value) => !hasLabel(volume, value),
  all: () => true,
};

/** Throws `invalid-argument` for a key that lists do not know, and for a `dangling` that is neither. */
export function listFilter(
  filters: Filters,
  volumes: readonly VolumeRecord[],
  isUsed: (name: string) => boolean,
): (volume: VolumeRecord) => boolean {
  const names = volumes.map(({ name }) => name);
  const named = new Map(filters.get('name')?.map((it) => [it, textsMatching(it, names)]));
  const wantsDangling = danglingOf(filters.get('dangling') ?? []);
  return filterBy(
    {
      name: ({ name }, value) => name === value || (named.get(value)?.has(name) ?? false),
      driver: (_volume, value) => value === 'local',
      label: LABEL_TEST,
      dangling: ({ name }) => isUsed(name) !== wantsDangling,
    },
    filters,
  );
}

function danglingOf(values: readonly string[]): boolean {
  if (values.some((value) => value === 'true' || value === '1')) return true;
  if (values.length === 0 || values.some((value) => value === 'false' || value === '0'))
    return false;
  const message = `Invalid filter 'dangling=[${values.join(' ')}]'`;
  throw new EngineError('invalid-argument', message);
}

/** Throws `invalid-argument` for a key that prunes do not know. */
export function pruneFilter(filters: Filters): (volume: VolumeRecord) => boolean {
  return filterBy(PRUNE_TESTS, filters);
}

/** A filter such as `all=true`. */
export function isSet(filters: Filters, key: string): boolean {
  return (filters.get(key) ?? []).some(isTrue);
}

function filterBy(
  tests: Readonly<Record<string, Test>>,
  filters: Filters,
): (volume: VolumeRecord) => boolean {
  for (const key of filters.keys())
    if (!(key in tests)) throw new EngineError('invalid-argument', `invalid filter '${key}'`);
  return (volume) =>
    [...filters].every(([key, values]) => {
      const holds = (value: string) => (tests[key] as Test)(volume, value);
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
