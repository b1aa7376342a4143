/** `docker ps`. */
import type { Filters } from '../../contract/route.ts';
import type { ContainerSummary } from '../../contract/summaries.ts';
import type { ContainerContext } from './context.ts';
import { asksForStopped, isShownByDefault, listFilter } from './list-filters.ts';
import type { LiveContainer } from './live-container.ts';
import { summaryOf } from './summary.ts';

export interface ListRequest {
  readonly all: boolean;
  /** Newest so many, running or not; undefined or not positive is no limit. */
  readonly limit: number | undefined;
  readonly size: boolean;
  readonly filters: Filters;
}

/** Newest first. */
export async function listContainers(
  context: ContainerContext,
  request: ListRequest,
): Promise<ContainerSummary[]> {
  const { all, filters, size } = request;
  const limit = request.limit !== undefined && request.limit > 0 ? request.limit : Infinity;
  const matches = listFilter(filters, context);
  const showsStopped = all || limit < Infinity || asksForStopped(filters);
  const found = context.store
    .all()
    .toReversed()
    .filter((container) => (showsStopped || isShownByDefault(container)) && matches(container))
    .slice(0, limit);
  if (!size) return found.map((container) => summaryOf(context, container));
  return Promise.all(
    found.map(async (container) => ({
      ...summaryOf(context, container),
      ...(await sizesOf(context, container)),
    })),
  );
}

export async function sizesOf(
  { snapshotter, images }: ContainerContext,
  container: LiveContainer,
): Promise<{ SizeRw: number; SizeRootFs: number }> {
  const SizeRw = await snapshotter.writableSizeBytes(container.id);
  const image = images.get(container.definition.imageId);
  return { SizeRw, SizeRootFs: SizeRw + (image?.sizeBytes ?? 0) };
}
