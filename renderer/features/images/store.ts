/** What the window knows of the images, kept as the containers are: changed rows only render again. */
import { create } from 'zustand';
import type { ImageSummary, WatchChange } from '../../../electron/ipc/contract.ts';

export interface ImagesState {
  readonly byId: ReadonlyMap<string, ImageSummary>;
  /** References being removed, until the engine says so or refuses. */
  readonly removing: ReadonlySet<string>;
}

export const useImages = create<ImagesState>(() => ({ byId: new Map(), removing: new Set() }));

export function applyImageWatch(state: ImagesState, changes: readonly WatchChange[]): ImagesState {
  const byId = new Map(state.byId);
  let touched = false;
  for (const change of changes) {
    if (change.kind === 'reset') {
      const fresh = new Set(change.images.map((image) => image.Id));
      for (const id of byId.keys()) if (!fresh.has(id)) byId.delete(id);
      for (const image of change.images)
        byId.set(image.Id, sameOr(state.byId.get(image.Id), image));
    } else if (change.kind === 'image') {
      byId.set(change.value.Id, sameOr(byId.get(change.value.Id), change.value));
    } else if (change.kind === 'image-gone') {
      byId.delete(change.id);
    } else continue;
    touched = true;
  }
  return touched ? { ...state, byId } : state;
}

function sameOr(known: ImageSummary | undefined, fresh: ImageSummary): ImageSummary {
  return known && JSON.stringify(known) === JSON.stringify(fresh) ? known : fresh;
}

export function totalSizeBytes(images: Iterable<ImageSummary>): number {
  let total = 0;
  for (const image of images) total += image.Size;
  return total;
}
