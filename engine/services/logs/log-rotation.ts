/**
 * Keeps logs within the size their containers ask for. Looks at the files of running containers only,
 * and sooner when one grows fast; without running containers it does nothing at all.
 */
import type { LogStore } from '../../drivers/logs.ts';
import { parseLogOptions } from '../../formats/log-options.ts';
import type { ContainerView } from '../containers/container.ts';
import type { EventBus } from '../events/event-bus.ts';

const LEAST_LOOK_MS = 250;
const MOST_LOOK_MS = 4000;

export interface LogRotationParts {
  readonly store: LogStore;
  readonly events: EventBus;
  readonly runningContainers: () => readonly ContainerView[];
  /** Has the container's log writer open its file anew. */
  readonly reopenLog: (containerId: string) => Promise<void>;
  readonly report: (message: string, error: unknown) => void;
}

export class LogRotation implements Disposable {
  private readonly parts: LogRotationParts;
  private readonly unsubscribe: () => void;
  private readonly lastBytes = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  private lastLookMs = 0;

  /** Begins at once, for containers that ran on while the engine was away. */
  constructor(parts: LogRotationParts) {
    this.parts = parts;
    this.unsubscribe = parts.events.subscribe(({ type, action }) => {
      if (type === 'container' && action === 'start') this.schedule(LEAST_LOOK_MS);
    });
    this.schedule(0);
  }

  [Symbol.dispose](): void {
    this.unsubscribe();
    clearTimeout(this.timer);
  }

  private schedule(ms: number): void {
    if (this.timer !== undefined) return;
    this.timer = setTimeout(() => this.look(), ms).unref();
  }

  private look(): void {
    this.timer = undefined;
    const running = this.parts.runningContainers();
    const nowMs = performance.now();
    const elapsedMs = nowMs - this.lastLookMs;
    this.lastLookMs = nowMs;
    let nextMs = MOST_LOOK_MS;
    const seen = new Set<string>();
    for (const container of running) {
      seen.add(container.id);
      nextMs = Math.min(nextMs, this.lookAt(container, elapsedMs));
    }
    for (const id of this.lastBytes.keys()) if (!seen.has(id)) this.lastBytes.delete(id);
    if (running.length > 0) this.schedule(Math.max(LEAST_LOOK_MS, nextMs));
  }

  /** Rotates when it is time; returns in how many milliseconds to look again at the latest. */
  private lookAt(container: ContainerView, elapsedMs: number): number {
    const { Type, Config } = container.hostConfig.LogConfig;
    const options = parseLogOptions(Type, Config);
    if (!options.isStored) return MOST_LOOK_MS;
    const bytes = this.parts.store.currentBytes(container.logPath);
    // No file while it runs: a rotation was cut off before its writer opened the next one.
    if (bytes === undefined || bytes >= options.maxBytes) {
      this.lastBytes.delete(container.id);
      void this.rotate(container, options.maxFiles);
      return LEAST_LOOK_MS;
    }
    const grownBytes = bytes - (this.lastBytes.get(container.id) ?? bytes);
    this.lastBytes.set(container.id, bytes);
    if (grownBytes <= 0) return MOST_LOOK_MS;
    return (options.maxBytes - bytes) / (grownBytes / elapsedMs);
  }

  private async rotate(container: ContainerView, maxFiles: number): Promise<void> {
    const { store, reopenLog, report } = this.parts;
    try {
      await store.rotate(container.logPath, maxFiles, () => reopenLog(container.id));
    } catch (error) {
      report(`rotating the log of ${container.name}`, error);
    }
  }
}
