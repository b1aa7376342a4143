/** Which networks a list is about. Pure. Source: moby `daemon/network/filter.go`. */
import { EngineError } from '../../contract/errors.ts';
import type { Filters } from '../../contract/route.ts';
import type { NetworkConfig } from '../../drivers/network.ts';

/** All networks are predefined ones: built in, of local scope, without labels, never dangling. */
const TESTS: Readonly<Record<string, (network: NetworkConfig, value: string) => boolean>> = {
  name: (network, value) => network.name.includes(value),
  id: (network, value) => network.id.startsWith(value),
  driver: (network, value) => network.driver === value,
  scope: (_network, value) => value === 'local',
  type: (_network, value) => value === 'builtin',
  label: () => false,
  dangling: (_network, value) => ['0', 'false'].includes(value.toLowerCase()),
};

/** Throws `invalid-argument` for a key that no network knows, and for a type that is none. */
export function networkFilter(filters: Filters): (network: NetworkConfig) => boolean {
  for (const key of filters.keys())
    if (!(key in TESTS)) throw new EngineError('invalid-argument', `invalid filter '${key}'`);
  for (const type of filters.get('type') ?? [])
    if (type !== 'builtin' && type !== 'custom')
      throw new EngineError('invalid-argument', `invalid filter: 'type'='${type}'`);
  return (network) =>
    [...filters].every(
      ([key, values]) =>
        values.length === 0 || values.some((value) => TESTS[key]?.(network, value) ?? false),
    );
}
