/** How the image list is looked at; filter and order are remembered. */
import { create } from 'zustand';
import { persist } from 'zustand/middleware';
import { NOTHING_CHOSEN, type Selection } from '../../components/selection.ts';
import type { ImageColumn, ImageFilter } from './rows.ts';

/** A removal the engine refused, or one worth a second thought, asked about in its row. */
export interface ImageQuestion {
  readonly keys: readonly string[];
  readonly place: 'row' | 'detail' | 'bulk';
  /** The engine's words when it refused; force is offered then. */
  readonly conflict?: string;
}

interface ImagesViewState {
  readonly search: string;
  readonly filter: ImageFilter;
  readonly sort: ImageColumn;
  readonly descending: boolean;
  readonly selection: Selection;
  readonly question: ImageQuestion | null;
}

export const useImagesView = create<ImagesViewState>()(
  persist(
    (): ImagesViewState => ({
      search: '',
      filter: 'all',
      sort: 'repository',
      descending: false,
      selection: NOTHING_CHOSEN,
      question: null,
    }),
    {
      name: 'gantry.images',
      partialize: ({ filter, sort, descending }) => ({ filter, sort, descending }),
    },
  ),
);

export function sortImagesBy(column: ImageColumn): void {
  useImagesView.setState((view) => ({
    sort: column,
    descending: view.sort === column ? !view.descending : false,
  }));
}
