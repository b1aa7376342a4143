/** How the container list is looked at; all but the search and the selection is remembered. */
import { create } from 'zustand';
import { persist } from 'zustand/middleware';
import { NOTHING_CHOSEN, type Selection } from '../../components/selection.ts';
import type { SortColumn, StateFilter } from './rows.ts';

/** A removal of something that runs waits here for a yes, asked where it was clicked. */
export interface RemovalQuestion {
  readonly ids: readonly string[];
  readonly place: 'row' | 'detail' | 'bulk';
}

interface ContainersViewState {
  readonly search: string;
  readonly filter: StateFilter;
  readonly sort: SortColumn;
  readonly descending: boolean;
  readonly folded: readonly string[];
  readonly selection: Selection;
  readonly question: RemovalQuestion | null;
}

export const useContainersView = create<ContainersViewState>()(
  persist(
    (): ContainersViewState => ({
      search: '',
      filter: 'all',
      sort: 'name',
      descending: false,
      folded: [],
      selection: NOTHING_CHOSEN,
      question: null,
    }),
    {
      name: 'gantry.containers',
      partialize: ({ filter, sort, descending, folded }) => ({ filter, sort, descending, folded }),
    },
  ),
);

export function sortBy(column: SortColumn): void {
  useContainersView.setState((view) => ({
    sort: column,
    descending: view.sort === column ? !view.descending : false,
  }));
}

export function setFolded(key: string, folded: boolean): void {
  useContainersView.setState((view) => ({
    folded: folded
      ? [...new Set([...view.folded, key])]
      : view.folded.filter((each) => each !== key),
  }));
}
