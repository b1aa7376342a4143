/** Filters of `docker search`. Pure. Source: moby `registry/search.go`. */
import { EngineError } from '../../contract/errors.ts';
import type { Filters } from '../../contract/route.ts';
import type { FoundRepository } from '../../drivers/registry.ts';

export interface SearchFilters {
  readonly isOfficial: boolean | undefined;
  readonly isAutomated: boolean | undefined;
  readonly starsMin: number;
}

const KNOWN: readonly string[] = ['is-automated', 'is-official', 'stars'];

/** Throws Docker's `invalid filter …`. */
export function readSearchFilters(filters: Filters): SearchFilters {
  const unknown = [...filters.keys()].find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) throw invalid(`invalid filter '${unknown}'`);
  return {
    isOfficial: flag(filters, 'is-official'),
    isAutomated: flag(filters, 'is-automated'),
    starsMin: Math.max(0, ...(filters.get('stars') ?? []).map(stars)),
  };
}

export function passesSearch(found: FoundRepository, wanted: SearchFilters): boolean {
  if (wanted.isOfficial !== undefined && found.isOfficial !== wanted.isOfficial) return false;
  if (wanted.isAutomated !== undefined && found.isAutomated !== wanted.isAutomated) return false;
  return found.starCount >= wanted.starsMin;
}

function flag(filters: Filters, name: string): boolean | undefined {
  const values = filters.get(name);
  if (values === undefined) return undefined;
  const isTrue = values.some((value) => value === 'true' || value === '1');
  const isFalse = values.some((value) => value === 'false' || value === '0');
  if (isTrue === isFalse) throw invalid(`invalid filter '${name}=[${values.join(' ')}]'`);
  return isTrue;
}

function stars(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw invalid(`invalid filter 'stars=${text}'`);
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-argument', message);
}
