/** The rows of the container list, computed again only when a container or the view changes. */
import { useMemo } from 'react';
import { useContainers } from './store.ts';
import { buildRows, type ContainerRow } from './rows.ts';
import { useContainersView } from './view-store.ts';

export function useContainerRows(): readonly ContainerRow[] {
  const byId = useContainers((state) => state.byId);
  const hidden = useContainers((state) => state.hidden);
  const search = useContainersView((view) => view.search);
  const filter = useContainersView((view) => view.filter);
  const sort = useContainersView((view) => view.sort);
  const descending = useContainersView((view) => view.descending);
  const folded = useContainersView((view) => view.folded);
  return useMemo(() => {
    const shown =
      hidden.size === 0
        ? byId.values()
        : [...byId.values()].filter((container) => !hidden.has(container.Id));
    return buildRows(shown, { search, filter, sort, descending, folded: new Set(folded) });
  }, [byId, hidden, search, filter, sort, descending, folded]);
}
