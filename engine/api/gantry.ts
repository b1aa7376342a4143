/** Gantry's own routes: the watch stream of the window, and the API's description of itself. */
import type { GANTRY_ROUTES } from '../contract/gantry.ts';
import type { WatchService } from '../services/watch/watch-service.ts';
import type { Handlers } from './handler.ts';

/** `describe` gives the OpenAPI document; it is made on demand, since few ask. */
export function gantryHandlers(
  watch: WatchService,
  describe: () => Record<string, unknown>,
): Handlers<Pick<typeof GANTRY_ROUTES, 'watch' | 'openapi'>> {
  return {
    watch: ({ signal }) => watch.watch(signal),
    openapi: () => describe(),
  };
}
