/** Routes of the build cache. */
import type { BUILD_ROUTES } from '../contract/build.ts';
import type { BuildCache } from '../services/build/build-cache.ts';
import type { Handlers } from './handler.ts';

export function buildHandlers(cache: BuildCache): Handlers<typeof BUILD_ROUTES> {
  return {
    buildPrune: ({ query }) => {
      const { ids, reclaimedBytes } = cache.prune(query.filters);
      // Docker's empty list is null.
      return { CachesDeleted: ids.length > 0 ? [...ids] : null, SpaceReclaimed: reclaimedBytes };
    },
  };
}
