/**
 * The lists as they last were, for a first paint that waits for nobody. Bounded, because
 * `localStorage` holds about five million letters; a cache that cannot be read is no cache.
 */
import type { EngineSummary, ImageSummary, WatchedContainer } from '../../electron/ipc/contract.ts';

export interface CachedLists {
  readonly savedMs: number;
  readonly engine: EngineSummary | null;
  readonly containers: readonly WatchedContainer[];
  readonly images: readonly ImageSummary[];
}

type Storage = Pick<globalThis.Storage, 'getItem' | 'setItem'>;

const KEY = 'gantry.lists';
const FORMAT = 1;
const MOST_CONTAINERS = 1_000;
const MOST_IMAGES = 3_000;

export function saveLists(storage: Storage, lists: CachedLists): void {
  const bounded = {
    ...lists,
    format: FORMAT,
    containers: lists.containers.slice(0, MOST_CONTAINERS),
    images: lists.images.slice(0, MOST_IMAGES),
  };
  try {
    storage.setItem(KEY, JSON.stringify(bounded));
  } catch {
    // Full: the last paint's lists are a comfort, not a promise.
  }
}

export function readLists(storage: Storage): CachedLists | null {
  try {
    const saved = JSON.parse(storage.getItem(KEY) ?? 'null') as
      (CachedLists & { format: number }) | null;
    if (saved?.format !== FORMAT) return null;
    if (!Array.isArray(saved.containers) || !Array.isArray(saved.images)) return null;
    return {
      savedMs: saved.savedMs,
      engine: saved.engine,
      containers: saved.containers,
      images: saved.images,
    };
  } catch {
    return null;
  }
}
