/** `docker ps`. */
import type { Filters } from '../../contract/route.ts';
import type { ContainerSummary } from '../../contract/summaries.ts';
import type { ContainerContext } from './context.ts';
import { asksForStopped, isShownByDefault, listFilter } from './list-filters.ts';
import type { LiveContainer } from './live-container.ts';
import { sizesOfAll } from './sizes.ts';
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
  const nameOf = imageNames(context);
  const found = context.store
    .all()
    .toReversed()
    .filter((container) => (showsStopped || isShownByDefault(container)) && matches(container))
    .slice(0, limit);
  const summarise = (container: LiveContainer): ContainerSummary => ({
    ...summaryOf(context, container),
    Image: nameOf(container),
  });
  if (!size) return found.map(summarise);
  const sizes = await sizesOfAll(context, found);
  return found.map((container, index) => ({ ...summarise(container), ...sizes[index] }));
}

/**
 * The image as it was named, as long as that name still means it, else its id. Names are looked up
 * once for a list. Source: moby `daemon/list.go`, refreshImage.
 */
function imageNames({ images }: Pick<ContainerContext, 'images'>): (of: LiveContainer) => string {
  const ids = new Map<string, string>();
  return ({ imageReference, imageId }) => {
    if (!ids.has(imageReference)) ids.set(imageReference, idOf(images, imageReference));
    return ids.get(imageReference) === imageId ? imageReference : imageId;
  };
}

function idOf(images: ContainerContext['images'], reference: string): string {
  try {
    return images.find(reference).id;
  } catch {
    return '';
  }
}
