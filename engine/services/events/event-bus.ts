/**
 * What happened, in order: every service publishes here, `GET /events` and the watch stream read.
 * Order of publication is order of delivery, and times never go back.
 */
import { formatTime, type Clock } from '../../host/clock.ts';

export type EventType = 'container' | 'image' | 'network' | 'volume' | 'daemon' | 'builder';

export interface EngineEvent {
  readonly type: EventType;
  /** `create`, `start`, `exec_create: sh -c …`, `health_status: healthy` … */
  readonly action: string;
  /** Container id, image reference or id, network id, volume name. */
  readonly actorId: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly timeNs: bigint;
}

export type EventDraft = Omit<EngineEvent, 'timeNs'>;

/** Events kept for `since`. dockerd keeps 256; a project of some size needs more. */
export const HISTORY_LIMIT = 4096;

export class EventBus {
  private readonly history: EngineEvent[] = [];
  private readonly listeners = new Set<(event: EngineEvent) => void>();
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  publish(draft: EventDraft): void {
    const event: EngineEvent = { ...draft, timeNs: this.clock.nowNs() };
    this.history.push(event);
    if (this.history.length > HISTORY_LIMIT) this.history.shift();
    for (const listener of this.listeners) listener(event);
  }

  /** Calls `listener` synchronously for every later event; returns how to stop. */
  subscribe(listener: (event: EngineEvent) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Kept events from `sinceNs` (inclusive) on, oldest first. */
  since(sinceNs: bigint): EngineEvent[] {
    return this.history.filter((event) => event.timeNs >= sinceNs);
  }

  /** Time of an event as text. */
  static timeOf(event: EngineEvent): string {
    return formatTime(event.timeNs);
  }
}
