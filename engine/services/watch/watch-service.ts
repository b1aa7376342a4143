/**
 * List and watch in one stream, for the window: the state as a whole, then each change.
 *
 * Changes of one object within a turn of the event loop are one message, and a reader that lags
 * gets only the latest state of each object: what waits for it never exceeds the objects there are.
 */
import type { EngineSummary, WatchedContainer, WatchMessage } from '../../contract/gantry.ts';
import type { ImageSummary } from '../../contract/summaries.ts';

/** What the stream reads from; the listeners are called for every change, with the object's id. */
export interface WatchSources {
  readonly engine: () => EngineSummary;
  readonly containers: {
    watchedAll(): WatchedContainer[];
    watched(id: string): WatchedContainer | undefined;
    onChange(listener: (id: string) => void): () => void;
  };
  readonly images: {
    listSummaries(): ImageSummary[];
    summaryOf(id: string): ImageSummary | undefined;
    onChange(listener: (id: string) => void): () => void;
  };
}

/** A sign of life on a quiet stream (ms). */
const BEAT_MS = 15_000;

export class WatchService {
  private readonly sources: WatchSources;

  constructor(sources: WatchSources) {
    this.sources = sources;
  }

  /** Ends with the signal. */
  async *watch(signal: AbortSignal): AsyncIterable<WatchMessage> {
    const { containers, images, engine } = this.sources;
    const changed = { containers: new Set<string>(), images: new Set<string>() };
    let wake = () => {};
    await using cleanup = new AsyncDisposableStack();
    cleanup.defer(containers.onChange((id) => void (changed.containers.add(id), wake())));
    cleanup.defer(images.onChange((id) => void (changed.images.add(id), wake())));
    const onAbort = () => wake();
    signal.addEventListener('abort', onAbort);
    cleanup.defer(() => signal.removeEventListener('abort', onAbort));

    yield {
      kind: 'reset',
      engine: engine(),
      containers: containers.watchedAll(),
      images: images.listSummaries(),
    };
    while (!signal.aborted) {
      const quiet = changed.containers.size === 0 && changed.images.size === 0;
      if (quiet && !(await this.awaken((resolve) => (wake = resolve)))) yield { kind: 'beat' };
      yield* this.drain(changed.containers, (id) => this.containerMessage(id));
      yield* this.drain(changed.images, (id) => this.imageMessage(id));
    }
  }

  /** True when woken, false when the beat is due. */
  private awaken(register: (wake: () => void) => void): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), BEAT_MS);
      register(() => {
        clearTimeout(timer);
        setImmediate(() => resolve(true)); // gathers what else changes in this turn
      });
    });
  }

  private *drain(ids: Set<string>, message: (id: string) => WatchMessage): Iterable<WatchMessage> {
    const batch = [...ids];
    ids.clear();
    for (const id of batch) yield message(id);
  }

  private containerMessage(id: string): WatchMessage {
    const value = this.sources.containers.watched(id);
    return value === undefined ? { kind: 'container-gone', id } : { kind: 'container', value };
  }

  private imageMessage(id: string): WatchMessage {
    const value = this.sources.images.summaryOf(id);
    return value === undefined ? { kind: 'image-gone', id } : { kind: 'image', value };
  }
}
