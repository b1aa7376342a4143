/**
 * From images to rows: one for each tag, one for an image without any. Pure.
 */
import type { ImageSummary, WatchedContainer } from '../../../electron/ipc/contract.ts';

export const IMAGE_FILTERS = ['all', 'used', 'unused'] as const;
export type ImageFilter = (typeof IMAGE_FILTERS)[number];
export const IMAGE_COLUMNS = ['repository', 'tag', 'size', 'used', 'created'] as const;
export type ImageColumn = (typeof IMAGE_COLUMNS)[number];

export interface ImageRow {
  /** The tag, or the ID of an image that has none: what the engine takes as a reference. */
  readonly key: string;
  readonly imageId: string;
  /** Null for an image without a name. */
  readonly repository: string | null;
  readonly tag: string | null;
  readonly sizeBytes: number;
  /** Seconds since the epoch. */
  readonly createdAt: number;
  readonly usedBy: readonly string[];
}

export interface ImageView {
  readonly search: string;
  readonly filter: ImageFilter;
  readonly sort: ImageColumn;
  readonly descending: boolean;
}

/** `localhost:5000/web:1` is `localhost:5000/web` and `1`: a colon before a slash is a port. */
export function splitTag(reference: string): { repository: string; tag: string } {
  const colon = reference.lastIndexOf(':');
  if (colon <= reference.lastIndexOf('/')) return { repository: reference, tag: '' };
  return { repository: reference.slice(0, colon), tag: reference.slice(colon + 1) };
}

export function tagsOf(image: ImageSummary): string[] {
  return image.RepoTags.filter((tag) => tag !== '<none>:<none>');
}

/** Names of the containers made from each image, by image ID. */
export function usersByImage(
  containers: Iterable<WatchedContainer>,
): ReadonlyMap<string, readonly string[]> {
  const users = new Map<string, string[]>();
  for (const container of containers) {
    const name = container.Names[0]?.replace(/^\//, '') ?? container.Id.slice(0, 12);
    const names = users.get(container.ImageID);
    if (names) names.push(name);
    else users.set(container.ImageID, [name]);
  }
  return new Map([...users].map(([id, names]) => [id, names.toSorted(collator.compare)] as const));
}

export function buildImageRows(
  images: Iterable<ImageSummary>,
  users: ReadonlyMap<string, readonly string[]>,
  view: ImageView,
): ImageRow[] {
  const rows: ImageRow[] = [];
  for (const image of images) {
    const usedBy = users.get(image.Id) ?? NOBODY;
    if (view.filter !== 'all' && (view.filter === 'used') !== usedBy.length > 0) continue;
    for (const row of rowsOf(image, usedBy)) if (matches(row, view.search)) rows.push(row);
  }
  const sign = view.descending ? -1 : 1;
  return rows.toSorted((a, b) => sign * compareBy(view.sort, a, b) || byName(a, b));
}

function rowsOf(image: ImageSummary, usedBy: readonly string[]): ImageRow[] {
  const base = { imageId: image.Id, sizeBytes: image.Size, createdAt: image.Created, usedBy };
  const tags = tagsOf(image);
  if (tags.length > 0) return tags.map((key) => ({ key, ...splitTag(key), ...base }));
  const digest = image.RepoDigests[0]?.split('@')[0];
  const repository = digest && digest !== '<none>' ? digest : null;
  return [{ key: image.Id, repository, tag: null, ...base }];
}

function matches(row: ImageRow, search: string): boolean {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const text = [row.key, row.imageId, row.repository ?? '', ...row.usedBy].join('\n').toLowerCase();
  return words.every((word) => text.includes(word));
}

function compareBy(column: ImageColumn, a: ImageRow, b: ImageRow): number {
  switch (column) {
    case 'repository':
      return byName(a, b);
    case 'tag':
      return collator.compare(a.tag ?? '', b.tag ?? '');
    case 'size':
      return b.sizeBytes - a.sizeBytes;
    case 'used':
      return b.usedBy.length - a.usedBy.length;
    case 'created':
      return b.createdAt - a.createdAt;
  }
}

/** Images without a name come last. */
function byName(a: ImageRow, b: ImageRow): number {
  if (a.repository === null || b.repository === null)
    return Number(a.repository === null) - Number(b.repository === null) || compare(a.key, b.key);
  return collator.compare(a.key, b.key);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const NOBODY: readonly string[] = [];
const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });
