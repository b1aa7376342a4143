/**
 * Runtimes of execs that were created and not yet started: each links itself and reads the container's
 * state while the client comes back with its second request.
 *
 * Their number is bounded, and so is the time they wait: clients that create execs start them.
 */
import type { Child } from '../../host/child.ts';
import type { ExecWish } from '../exec.ts';
import { removeFiles, type ExecPaths } from './exec-paths.ts';
import { WaitingRuntime } from './waiting-runtime.ts';

const AHEAD_MAX = 8;
const AHEAD_MS = 2_000;

interface Ahead {
  readonly runtime: WaitingRuntime;
  readonly paths: ExecPaths;
  readonly timer: NodeJS.Timeout;
  /** Once it is being given up: until then its files are not another run's. */
  end?: Promise<void>;
}

export class ExecsAhead {
  private readonly ahead = new Map<string, Ahead>();
  private isClosed = false;

  /** Does nothing where there is no room, or no runtime can be started: `start` tells why. */
  prepare({ execId }: Pick<ExecWish, 'execId'>, paths: ExecPaths, launch: () => Child): void {
    if (this.isClosed || this.ahead.size >= AHEAD_MAX) return;
    try {
      const runtime = WaitingRuntime.start(paths.process, launch);
      const timer = setTimeout(() => void this.giveUp(execId), AHEAD_MS).unref();
      this.ahead.set(execId, { runtime, paths, timer });
    } catch {
      removeFiles(paths);
    }
  }

  /** Has it run the program of this text; undefined when none waits that can. */
  async take(execId: string, text: string): Promise<Child | undefined> {
    const ahead = this.ahead.get(execId);
    if (ahead === undefined) return undefined;
    if (ahead.end !== undefined || !ahead.runtime.takes(text)) {
      await this.giveUp(execId);
      return undefined;
    }
    clearTimeout(ahead.timer);
    this.ahead.delete(execId);
    return ahead.runtime.hand(text);
  }

  /** Resolves when nothing of it is left; at once where there is none. */
  async giveUp(execId: string): Promise<void> {
    const ahead = this.ahead.get(execId);
    if (ahead === undefined) return;
    clearTimeout(ahead.timer);
    ahead.end ??= ahead.runtime.discard().finally(() => {
      this.ahead.delete(execId);
      removeFiles(ahead.paths);
    });
    await ahead.end;
  }

  /** Gives up all that wait; no other does from then on. */
  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all([...this.ahead.keys()].map((execId) => this.giveUp(execId)));
  }
}
