/**
 * Which images a list or a prune is about. Pure over the image store.
 * Source: moby `daemon/images/images.go`, `image_prune.go`, `api/types/filters`.
 */
import { EngineError } from '../../contract/errors.ts';
import type { Filters } from '../../contract/route.ts';
import { pathMatcher } from '../../formats/path-match.ts';
import { familiarName, familiarString, type Reference } from '../../formats/reference.ts';
import { parseTimestampNs } from '../../formats/timestamps.ts';
import type { ImageRecord } from './image-record.ts';
import type { ImageStore } from './image-store.ts';

const LIST_FILTERS = ['dangling', 'label', 'before', 'since', 'reference', 'until'];
const PRUNE_FILTERS = ['dangling', 'label', 'label!', 'until'];

export interface ImageFilter {
  passes(record: ImageRecord): boolean;
  /** Which of an image's names are shown; undefined for all. */
  readonly showsName: ((name: Reference) => boolean) | undefined;
}

/** `all`: also images without a name that another was made from. */
export function listFilter(
  images: ImageStore,
  filters: Filters,
  { all, nowNs }: { readonly all: boolean; readonly nowNs: bigint },
): ImageFilter {
  checkKeys(filters, LIST_FILTERS);
  const dangling = booleanOf(filters, 'dangling');
  const before = [
    ...momentsOf(filters, 'before', (name) => createdNs(images.find(name))),
    ...momentsOf(filters, 'until', (text) => parseTimestampNs(text, nowNs)),
  ];
  const since = momentsOf(filters, 'since', (name) => createdNs(images.find(name)));
  const labels = filters.get('label') ?? [];
  const showsName = nameTest(filters.get('reference'));
  const parents = all && dangling !== true ? undefined : images.parents();
  const asksForTime = before.length > 0 || since.length > 0;
  const passes = (record: ImageRecord): boolean => {
    const created = asksForTime ? createdNs(record) : undefined;
    if (before.some((limit) => created === undefined || created >= limit)) return false;
    if (since.some((limit) => created === undefined || created <= limit)) return false;
    if (!hasLabels(record, labels)) return false;
    const names = images.referencesOf(record.id);
    if (dangling === true && names.some(({ digest }) => digest === undefined)) return false;
    if (names.length > 0) return showsName === undefined || names.some(showsName);
    return showsName === undefined && dangling !== false && !parents?.has(record.id);
  };
  return { passes, showsName };
}

/** Images a prune would remove, the users of images aside. */
export function pruneFilter(
  images: ImageStore,
  filters: Filters,
  nowNs: bigint,
): (record: ImageRecord) => boolean {
  checkKeys(filters, PRUNE_FILTERS);
  const danglingOnly = booleanOf(filters, 'dangling') ?? true;
  const untils = filters.get('until') ?? [];
  if (untils.length > 1) throw invalid('more than one until filter specified');
  const until = momentsOf(filters, 'until', (text) => parseTimestampNs(text, nowNs));
  const labels = filters.get('label') ?? [];
  const without = filters.get('label!') ?? [];
  const parents = images.parents();
  return (record) => {
    const names = images.referencesOf(record.id);
    if (danglingOnly && names.some(({ digest }) => digest === undefined)) return false;
    if (names.length === 0 && parents.has(record.id)) return false;
    const created = createdNs(record);
    if (until.some((limit) => created === undefined || created > limit)) return false;
    if (!hasLabels(record, labels)) return false;
    return without.length === 0 || !hasLabels(record, without);
  };
}

/** When the image was made, in nanoseconds since the epoch; undefined when it does not say. */
function createdNs({ created }: ImageRecord): bigint | undefined {
  try {
    return parseTimestampNs(created, 0n);
  } catch {
    return undefined; // some tool's own idea of a time
  }
}

/** The moments that the values of a filter stand for; values that stand for none ask for nothing. */
function momentsOf(
  filters: Filters,
  key: string,
  parse: (value: string) => bigint | undefined,
): bigint[] {
  return (filters.get(key) ?? []).map(parse).filter((moment) => moment !== undefined);
}

function nameTest(patterns: readonly string[] | undefined) {
  const matchers = patterns?.map(pathMatcher);
  return (
    matchers &&
    ((name: Reference): boolean => {
      const forms = [familiarString(name), familiarName(name)];
      return matchers.some((matches) => forms.some(matches));
    })
  );
}

function hasLabels(record: ImageRecord, wanted: readonly string[]): boolean {
  const labels = record.config.Labels ?? {};
  return wanted.every((text) => {
    const mark = text.indexOf('=');
    const key = mark === -1 ? text : text.slice(0, mark);
    return Object.hasOwn(labels, key) && (mark === -1 || labels[key] === text.slice(mark + 1));
  });
}

/** Source: moby `filters.Args.GetBoolOrDefault`, which knows these four words. */
function booleanOf(filters: Filters, key: string): boolean | undefined {
  const values = filters.get(key);
  if (values === undefined) return undefined;
  const isTrue = values.includes('true') || values.includes('1');
  const isFalse = values.includes('false') || values.includes('0');
  if (isTrue !== isFalse) return isTrue;
  throw invalid(
    values.length === 0
      ? `invalid filter '${key}'`
      : `invalid filter '${key}=[${values.join(' ')}]'`,
  );
}

function checkKeys(filters: Filters, known: readonly string[]): void {
  for (const key of filters.keys())
    if (!known.includes(key)) throw invalid(`invalid filter '${key}'`);
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-argument', message);
}
