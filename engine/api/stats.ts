/** What containers use, over HTTP. */
import type { STATS_ROUTES } from '../contract/stats.ts';
import type { StatsService } from '../services/stats/stats-service.ts';
import type { Handlers } from './handler.ts';

export function statsHandlers(stats: StatsService): Handlers<typeof STATS_ROUTES> {
  return {
    containerStats: ({ params, query, apiVersion, response, signal }) => {
      // `one-shot` came with API 1.41; older clients know nothing of it.
      const request = { stream: query.stream, isOneShot: query['one-shot'] && apiVersion >= 41 };
      const documents = stats.open(params['id'] ?? '', request, signal);
      if (request.stream) {
        response.setHeader('Content-Type', 'application/json');
        response.flushHeaders();
      }
      return documents;
    },
  };
}
