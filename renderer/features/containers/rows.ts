/**
 * From the containers to the rows of the list: filtered, sorted, grouped by Compose project. Pure.
 */
import type { WatchedContainer } from '../../../electron/ipc/contract.ts';
import { isAlive, isUnhealthy, nameOf, projectOf, publishedPorts } from './state.ts';

export const STATE_FILTERS = ['all', 'running', 'stopped', 'unhealthy'] as const;
export type StateFilter = (typeof STATE_FILTERS)[number];
export const SORT_COLUMNS = ['name', 'image', 'ports', 'status'] as const;
export type SortColumn = (typeof SORT_COLUMNS)[number];

export interface ContainerView {
  readonly search: string;
  readonly filter: StateFilter;
  readonly sort: SortColumn;
  readonly descending: boolean;
  readonly folded: ReadonlySet<string>;
}

export type ContainerRow =
  | {
      readonly kind: 'group';
      readonly key: string;
      /** Empty for the containers of no project. */
      readonly project: string;
      readonly ids: readonly string[];
      readonly running: number;
      readonly folded: boolean;
    }
  | { readonly kind: 'container'; readonly key: string };

export function groupKey(project: string): string {
  return `project:${project}`;
}

export function buildRows(
  containers: Iterable<WatchedContainer>,
  view: ContainerView,
): ContainerRow[] {
  const shown = [...containers].filter(
    (container) => passes(container, view.filter) && matches(container, view.search),
  );
  shown.sort(comparator(view));
  const projects = Map.groupBy(shown, (container) => projectOf(container) ?? '');
  const named = [...projects.keys()].filter(Boolean).toSorted(collator.compare);
  if (named.length === 0) return shown.map(rowOf);
  const rows: ContainerRow[] = [];
  for (const project of projects.has('') ? [...named, ''] : named) {
    const members = projects.get(project) ?? [];
    const key = groupKey(project);
    const folded = view.folded.has(key) && view.search === '';
    rows.push({
      kind: 'group',
      key,
      project,
      ids: members.map((container) => container.Id),
      running: members.filter(isAlive).length,
      folded,
    });
    if (!folded) rows.push(...members.map(rowOf));
  }
  return rows;
}

export function passes(container: WatchedContainer, filter: StateFilter): boolean {
  switch (filter) {
    case 'all':
      return true;
    case 'running':
      return isAlive(container);
    case 'stopped':
      return !isAlive(container);
    case 'unhealthy':
      return isUnhealthy(container);
  }
}

/** Every word must be found somewhere: name, image, ID, project or a published port. */
export function matches(container: WatchedContainer, search: string): boolean {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const text = [
    ...container.Names,
    container.Image,
    container.Id,
    projectOf(container) ?? '',
    ...publishedPorts(container).map((port) => String(port.hostPort)),
  ]
    .join('\n')
    .toLowerCase();
  return words.every((word) => text.includes(word));
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** Ties fall back to the name, so that rows never change places without a reason. */
function comparator(view: ContainerView) {
  const sign = view.descending ? -1 : 1;
  return (a: WatchedContainer, b: WatchedContainer): number =>
    sign * compareBy(view.sort, a, b) || collator.compare(nameOf(a), nameOf(b));
}

function compareBy(column: SortColumn, a: WatchedContainer, b: WatchedContainer): number {
  switch (column) {
    case 'name':
      return collator.compare(nameOf(a), nameOf(b));
    case 'image':
      return collator.compare(a.Image, b.Image);
    case 'ports':
      return firstPort(a) - firstPort(b);
    case 'status':
      return Number(isAlive(b)) - Number(isAlive(a)) || changedAt(b).localeCompare(changedAt(a));
  }
}

/** Containers that publish nothing come last. */
function firstPort(container: WatchedContainer): number {
  return publishedPorts(container)[0]?.hostPort ?? 65_536;
}

function changedAt(container: WatchedContainer): string {
  return isAlive(container) ? container.StartedAt : container.FinishedAt;
}

function rowOf(container: WatchedContainer): ContainerRow {
  return { kind: 'container', key: container.Id };
}
