/**
 * Listing images: which ones a set of filters lets through, and how each is summed up. Pure over the
 * image store.
 * Source: moby `daemon/images/images.go`.
 */
import { EngineError } from '../../contract/errors.ts';
import type { Filters } from '../../contract/route.ts';
import type { ImageSummary } from '../../contract/summaries.ts';
import type { Digest } from '../../formats/digest.ts';
import { familiarName, familiarString, type Reference } from '../../formats/reference.ts';
import { createdSeconds, sizeOf, type ImageRecord } from './image-record.ts';
import type { ImageStore } from './image-store.ts';
import { parseMoment } from './moment.ts';

const LIST_FILTERS = ['dangling', 'label', 'before', 'since', 'reference', 'until'];
const PRUNE_FILTERS = ['dangling', 'label', 'label!', 'until'];

export interface ListOptions {
  readonly filters: Filters;
  readonly withSharedSize: boolean;
  readonly nowMs: number;
}

/** Newest first. */
export function listImages(images: ImageStore, options: ListOptions): ImageSummary[] {
  checkFilters(options.filters, LIST_FILTERS);
  const passes = filterOf(images, options);
  const records = images.all().filter(passes);
  const shared = options.withSharedSize ? sharedSizes(images.all()) : undefined;
  return records
    .map((record) => summaryOf(images, record, shared?.get(record.id) ?? -1))
    .map((summary) => withinReference(summary, options.filters))
    .toSorted((a, b) => b.Created - a.Created);
}

/** One line of `docker images`. */
export function summaryOf(images: ImageStore, record: ImageRecord, sharedBytes = -1): ImageSummary {
  const { repoTags, repoDigests } = images.view(record);
  return {
    Id: record.id,
    ParentId: '',
    RepoTags: [...repoTags],
    RepoDigests: [...repoDigests],
    Created: createdSeconds(record.created),
    Size: sizeOf(record),
    SharedSize: sharedBytes,
    Labels: { ...record.config.Labels },
    Containers: -1,
  };
}

/** Images a prune would remove, the users of images aside. */
export function prunable(images: ImageStore, filters: Filters, nowMs: number): ImageRecord[] {
  checkFilters(filters, PRUNE_FILTERS);
  const danglingOnly = booleanOf(filters, 'dangling') ?? true;
  const without = filters.get('label!') ?? [];
  const until = filters.get('until')?.map((text) => parseMoment(text, nowMs));
  return images.all().filter((record) => {
    if (danglingOnly && images.view(record).repoTags.length > 0) return false;
    if (until?.some((moment) => createdSeconds(record.created) * 1000 >= moment)) return false;
    if (!hasLabels(record, filters.get('label') ?? [])) return false;
    return without.length === 0 || !hasLabels(record, without);
  });
}

/** For each image, the bytes in layers that another image has too. */
function sharedSizes(records: readonly ImageRecord[]): Map<Digest, number> {
  const owners = new Map<Digest, number>();
  for (const { layers } of records)
    for (const diffId of new Set(layers.map((layer) => layer.diffId)))
      owners.set(diffId, (owners.get(diffId) ?? 0) + 1);
  return new Map(
    records.map(({ id, layers }) => [
      id,
      layers
        .filter((layer) => (owners.get(layer.diffId) ?? 0) > 1)
        .reduce((sum, layer) => sum + layer.sizeBytes, 0),
    ]),
  );
}

function filterOf(
  images: ImageStore,
  { filters, nowMs }: ListOptions,
): (record: ImageRecord) => boolean {
  const dangling = booleanOf(filters, 'dangling');
  const before = filters.get('before')?.map((name) => createdMs(images.find(name)));
  const since = filters.get('since')?.map((name) => createdMs(images.find(name)));
  const until = filters.get('until')?.map((text) => parseMoment(text, nowMs));
  const patterns = filters.get('reference');
  const labels = filters.get('label') ?? [];
  return (record) => {
    const created = createdMs(record);
    const isDangling = images.view(record).repoTags.length === 0;
    if (dangling !== undefined && dangling !== isDangling) return false;
    if (before?.some((limit) => created >= limit)) return false;
    if (since?.some((limit) => created <= limit)) return false;
    if (until?.some((limit) => created >= limit)) return false;
    if (!hasLabels(record, labels)) return false;
    if (patterns === undefined) return true;
    return images.referencesOf(record.id).some((name) => matchesAny(name, patterns));
  };
}

/** With a reference filter, only the names that match are shown. */
function withinReference(summary: ImageSummary, filters: Filters): ImageSummary {
  const patterns = filters.get('reference')?.map(globOf);
  if (patterns === undefined) return summary;
  const isShown = (name: string) =>
    patterns.some(
      (pattern) =>
        pattern.test(name) ||
        pattern.test(name.replace(/[:@].*$/, '')) ||
        pattern.test(repositoryPart(name)),
    );
  return {
    ...summary,
    RepoTags: summary.RepoTags.filter(isShown),
    RepoDigests: summary.RepoDigests.filter(isShown),
  };
}

/** `host:5000/a/b:tag` → `host:5000/a/b`. */
function repositoryPart(name: string): string {
  const at = name.indexOf('@');
  if (at !== -1) return name.slice(0, at);
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? name.slice(0, colon) : name;
}

function matchesAny(name: Reference, patterns: readonly string[]): boolean {
  return patterns
    .map(globOf)
    .some((pattern) => pattern.test(familiarString(name)) || pattern.test(familiarName(name)));
}

/** `*` and `?` stop at a slash. Source: Go path.Match, by which Docker matches references. */
function globOf(pattern: string): RegExp {
  const source = pattern.replaceAll(/[.+^${}()|\\]/g, String.raw`\$&`);
  const glob = source.replaceAll('*', '[^/]*').replaceAll('?', '[^/]').replaceAll('[^^/]', '[^/]');
  try {
    return new RegExp(`^${glob}$`);
  } catch {
    throw new EngineError('invalid-argument', 'syntax error in pattern');
  }
}

function hasLabels(record: ImageRecord, wanted: readonly string[]): boolean {
  const labels = record.config.Labels ?? {};
  return wanted.every((text) => {
    const [key = '', ...rest] = text.split('=');
    return rest.length === 0 ? key in labels : labels[key] === rest.join('=');
  });
}

function createdMs({ created }: ImageRecord): number {
  const ms = Date.parse(created);
  return Number.isNaN(ms) ? 0 : ms;
}

function booleanOf(filters: Filters, key: string): boolean | undefined {
  const value = filters.get(key)?.[0]?.toLowerCase();
  if (value === undefined) return undefined;
  if (value === 'true' || value === '1') return true;
  if (value === 'false' || value === '0') return false;
  throw new EngineError('invalid-argument', `invalid filter '${key}=[${value}]'`);
}

function checkFilters(filters: Filters, known: readonly string[]): void {
  for (const key of filters.keys())
    if (!known.includes(key)) throw new EngineError('invalid-argument', `invalid filter '${key}'`);
}
