/**
 * The next container, made ahead of need.
 *
 * Of the time a start takes most goes into starting programs: the monitor, its fork, the runtime. They
 * need nothing of the container but its id and directories, so they are started for an id that nobody
 * has yet, and wait for the configuration. `docker run` creates a container, gets that id, and starts
 * it; what is left of the start is what the container itself needs.
 *
 * One spare is kept, made a moment after the last was used and ended when it was not used for a
 * while: an idle engine has none. It has directories but no record, so whatever a crash leaves of it
 * is swept at the next start; the processes end with the engine (see `Monitor.prepare`).
 */
import { randomBytes } from 'node:crypto';
import type { Monitor, MonitorRequest, WaitingMonitor } from '../../drivers/monitor.ts';
import type { RuntimeFiles } from '../../drivers/runtime-files.ts';
import type { Runtime, Runtimes } from '../../drivers/runtime.ts';
import type { Snapshotter } from '../../drivers/snapshots.ts';

export interface StandbyParts {
  readonly files: RuntimeFiles;
  readonly snapshotter: Snapshotter;
  readonly monitor: Monitor;
  readonly runtimes: Runtimes;
}

/**
 * After a start is over. What is started ahead takes the processors for as long as a start does: a
 * short program has ended by then, and the next `docker run` has not asked for its container yet.
 */
const AFTER_START_MS = 30;
/** After a creation that no start follows. */
const AFTER_CREATE_MS = 1_000;
/** A container that is created and not started gives its monitor back after this long. */
const UNCLAIMED_MS = 5_000;
const UNUSED_MS = 30_000;

interface Prepared {
  readonly id: string;
  readonly runtime: Runtime;
  readonly monitor: WaitingMonitor;
}

export class Standby {
  private readonly parts: StandbyParts;
  private spare: Prepared | undefined;
  /** Of containers that exist and were not started yet. */
  private readonly taken = new Map<string, Prepared>();
  private readonly ending = new Set<Promise<void>>();
  private refillTimer: NodeJS.Timeout | undefined;
  private unused: NodeJS.Timeout | undefined;
  private isClosed = false;

  constructor(parts: StandbyParts) {
    this.parts = parts;
  }

  /** The id of a container to be created; its directories exist. */
  take(): string {
    const { spare } = this;
    this.spare = undefined;
    clearTimeout(this.unused);
    this.scheduleRefill(AFTER_CREATE_MS);
    if (spare === undefined) return this.makeDirectories();
    this.taken.set(spare.id, spare);
    setTimeout(() => void this.giveUp(spare.id), UNCLAIMED_MS).unref();
    return spare.id;
  }

  /**
   * The monitor that waits for this container, if there is one and it was started as asked for. It is
   * the caller's from then on. One that does not suit is ended. While the container starts, nothing is
   * made ahead, which would slow it down: `refill()` follows.
   */
  async claim(request: MonitorRequest, config: string): Promise<WaitingMonitor | undefined> {
    clearTimeout(this.refillTimer);
    const prepared = this.taken.get(request.containerId);
    if (prepared === undefined) return undefined;
    const suits = isPlain(request) && prepared.runtime === request.runtime;
    if (!suits || !prepared.monitor.takes(config)) {
      await this.giveUp(request.containerId);
      return undefined;
    }
    this.taken.delete(request.containerId);
    return prepared.monitor;
  }

  /** A start is over: the next container is made ready soon. */
  refill(): void {
    this.scheduleRefill(AFTER_START_MS);
  }

  /** The container is not going to be started now: what waits for it ends. */
  async giveUp(containerId: string): Promise<void> {
    const prepared = this.taken.get(containerId);
    if (prepared === undefined) return;
    this.taken.delete(containerId);
    await this.end(prepared);
  }

  /** Takes back what `take` gave. */
  async discard(containerId: string): Promise<void> {
    await this.giveUp(containerId);
    await this.removeDirectories(containerId);
  }

  /** Ends all that waits. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.refillTimer);
    for (const id of this.taken.keys()) void this.giveUp(id);
    this.dropSpare();
    await Promise.all(this.ending);
  }

  private makeDirectories(): string {
    const id = randomBytes(32).toString('hex');
    try {
      this.parts.snapshotter.createWritable(id);
      this.parts.files.create(id);
    } catch (error) {
      this.track(this.removeDirectories(id));
      throw error;
    }
    return id;
  }

  private async removeDirectories(id: string): Promise<void> {
    const { snapshotter, files } = this.parts;
    await Promise.all([snapshotter.removeWritable(id), files.remove(id)]);
  }

  private scheduleRefill(delayMs: number): void {
    if (this.isClosed || this.spare !== undefined) return;
    clearTimeout(this.refillTimer);
    this.refillTimer = setTimeout(() => {
      try {
        this.spare = this.prepare();
      } catch {
        return; // a creation makes its own, and reports why it cannot
      }
      this.unused = setTimeout(() => this.dropSpare(), UNUSED_MS).unref();
    }, delayMs).unref();
  }

  private prepare(): Prepared {
    const { files, monitor, runtimes } = this.parts;
    const runtime = runtimes.find('');
    const id = this.makeDirectories();
    files.openBundle(id);
    const waiting = monitor.prepare({
      containerId: id,
      bundlePath: files.bundleOf(id),
      log: { kind: 'file', path: files.logOf(id) },
      ...PLAIN,
      runtime,
    });
    return { id, runtime, monitor: waiting };
  }

  private dropSpare(): void {
    const { spare } = this;
    this.spare = undefined;
    clearTimeout(this.unused);
    if (spare === undefined) return;
    const drop = async () => {
      await this.end(spare);
      await this.removeDirectories(spare.id);
    };
    this.track(drop());
  }

  private async end({ id, monitor }: Prepared): Promise<void> {
    const ending = (async () => {
      await monitor.discard();
      await this.parts.files.removeBundle(id);
    })();
    this.track(ending);
    await ending;
  }

  /** What cannot be removed is swept at the next start. */
  private track(work: Promise<void>): void {
    const settled = work.catch(() => {});
    this.ending.add(settled);
    void settled.then(() => this.ending.delete(settled));
  }
}

/** How most containers are run: in the background or by `docker run`, without a terminal or input. */
const PLAIN = { hasTerminal: false, hasStdin: false, keepStdinOpen: true, held: [] } as const;

function isPlain({ hasTerminal, hasStdin, held, log }: MonitorRequest): boolean {
  return !hasTerminal && !hasStdin && held.length === 0 && log.kind === 'file';
}
