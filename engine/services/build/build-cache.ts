/**
 * What builds keep for the next build. No build keeps anything yet, so pruning finds nothing; it checks
 * its filters and is announced all the same, as `docker system prune` goes through here.
 */
import { EngineError } from '../../contract/errors.ts';
import type { Filters } from '../../contract/route.ts';
import type { EventBus } from '../events/event-bus.ts';

/** Source: moby `builder/builder-next/builder.go`, cacheFields and Prune. */
const FILTERS = [
  ...['id', 'parent', 'type', 'description', 'inuse', 'shared', 'private'],
  ...['unused-for', 'until', 'label', 'label!'],
];

export interface PrunedCache {
  readonly ids: readonly string[];
  readonly reclaimedBytes: number;
}

export class BuildCache {
  private readonly events: EventBus;

  constructor(events: EventBus) {
    this.events = events;
  }

  /** Throws `invalid-argument` for a filter that is none. */
  prune(filters: Filters): PrunedCache {
    for (const key of filters.keys())
      if (!FILTERS.includes(key)) throw new EngineError('invalid-argument', `invalid filter '${key}'`);
    const attributes = { reclaimed: '0' };
    this.events.publish({ type: 'builder', action: 'prune', actorId: '', attributes });
    return { ids: [], reclaimedBytes: 0 };
  }
}
