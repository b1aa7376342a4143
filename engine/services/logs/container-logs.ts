/**
 * What `docker logs` shows: the container's own bytes, from the tail or a time on, live if asked.
 *
 * `tail` counts lines of both streams and is applied before anything else is left out, as in Docker;
 * `until` ends a followed log when its time has come.
 */
import { EngineError } from '../../contract/errors.ts';
import type { LogBounds, LogSlice, LogStore, StoredLog } from '../../drivers/logs.ts';
import { logDetails } from '../../formats/log-details.ts';
import { LogFramer } from '../../formats/log-frames.ts';
import { parseLogOptions } from '../../formats/log-options.ts';
import type { Clock } from '../../host/clock.ts';
import { findLinesBack } from './line-starts.ts';
import type { ContainerLookup, ContainerView } from '../containers/container.ts';

export interface LogRequest {
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly follow: boolean;
  readonly timestamps: boolean;
  readonly details: boolean;
  readonly sinceNs: bigint | undefined;
  readonly untilNs: bigint | undefined;
  /** Undefined is all. */
  readonly tailLines: number | undefined;
}

export class ContainerLogs {
  private readonly containers: ContainerLookup;
  private readonly store: LogStore;
  private readonly clock: Clock;

  constructor(containers: ContainerLookup, store: LogStore, clock: Clock) {
    this.containers = containers;
    this.store = store;
    this.clock = clock;
  }

  /**
   * Checks the request and opens the log at once: `not-found` for the container, `not-implemented`
   * when its log driver stores nothing. The bytes come when they are asked for, and their memory is
   * used again for the next; the log stays open until the iteration ends.
   */
  open(
    nameOrId: string,
    request: LogRequest,
    signal: AbortSignal,
  ): { isTty: boolean; bytes: AsyncGenerator<Buffer> } {
    const container = this.containers.find(nameOrId);
    requireReadable(container);
    return { isTty: container.config.Tty, bytes: this.read(container, request, signal) };
  }

  /** What has been written so far, framed as `open` frames it: what attach replays. */
  replay(
    container: Pick<ContainerView, 'id'>,
    streams: Pick<LogRequest, 'stdout' | 'stderr'>,
  ): AsyncIterable<Buffer> {
    const request = {
      ...streams,
      follow: false,
      timestamps: false,
      details: false,
      sinceNs: undefined,
      untilNs: undefined,
      tailLines: undefined,
    };
    return this.open(container.id, request, new AbortController().signal).bytes;
  }

  private async *read(
    container: ContainerView,
    request: LogRequest,
    signal: AbortSignal,
  ): AsyncGenerator<Buffer> {
    const { details, ...rest } = request;
    const framer = new LogFramer({
      ...rest,
      framed: !container.config.Tty,
      details: details ? detailsOf(container) : '',
    });
    using log = this.store.open(container.logPath);
    // Without following, what is written from now on is not part of the answer.
    const bounds = log.bounds();
    const from = await startOf(log, bounds, request);
    const done = new AbortController();
    try {
      const slices =
        request.follow && container.running
          ? this.follow(container, log, from, request, AbortSignal.any([signal, done.signal]))
          : log.read(from, bounds.end);
      for await (const slice of slices) {
        const bytes = framer.push(slice.bytes);
        if (bytes.length > 0) yield bytes;
        if (framer.isDone || signal.aborted) return;
      }
    } finally {
      done.abort(); // the waits for the end of a followed log
    }
  }

  private follow(
    container: ContainerView,
    log: StoredLog,
    from: number,
    request: LogRequest,
    signal: AbortSignal,
  ): AsyncIterable<LogSlice> {
    const waits = [this.containers.waitForExit(container.id, signal)];
    if (request.untilNs !== undefined) waits.push(this.waitUntil(request.untilNs, signal));
    // Rejected waits mean the reader is gone, and the signal says so too.
    const ended = Promise.race(waits).catch(() => {});
    return log.follow(from, { ended, signal });
  }

  private async waitUntil(timeNs: bigint, signal: AbortSignal): Promise<void> {
    for (;;) {
      const leftMs = Number((timeNs - this.clock.nowNs()) / 1_000_000n) + 1;
      if (leftMs <= 0) return;
      await this.clock.sleep(Math.min(leftMs, LONGEST_TIMER_MS), signal);
    }
  }
}

/** setTimeout takes no longer times. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Throws `not-implemented` when the container's log driver stores nothing. */
export function requireReadable(container: ContainerView): void {
  const { Type, Config } = container.hostConfig.LogConfig;
  if (!parseLogOptions(Type, Config).isStored)
    throw new EngineError('not-implemented', 'configured logging driver does not support reading');
}

async function startOf(log: StoredLog, bounds: LogBounds, request: LogRequest): Promise<number> {
  if (request.tailLines !== undefined) return findLinesBack(log, bounds.end, request.tailLines);
  if (request.sinceNs !== undefined)
    return log.firstWrittenSince(Number(request.sinceNs / 1_000_000n));
  return bounds.start;
}

function detailsOf(container: ContainerView): string {
  const { config, hostConfig } = container;
  return logDetails(hostConfig.LogConfig.Config, {
    id: container.id,
    name: container.name,
    imageId: container.imageId,
    imageReference: container.imageReference,
    labels: config.Labels,
    env: config.Env ?? [],
    command: [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])],
  });
}
