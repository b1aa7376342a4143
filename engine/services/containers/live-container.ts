/**
 * A container in memory: its two records, who waits for it, who is attached, and a lock that lets
 * one start, end or removal happen at a time.
 */
import type { ContainerConfig, HostConfig } from '../../contract/containers.ts';
import type { RuntimeFiles } from '../../drivers/runtime-files.ts';
import type { ProcessUser } from '../../formats/passwd.ts';
import { ContainerStreams } from './container-streams.ts';
import type { ContainerDefinition, ContainerState } from './container-record.ts';
import type { ContainerView } from './container.ts';
import { hasProcess, isRunning } from './state.ts';

export type WaitCondition = 'next-exit' | 'removed';

export class LiveContainer implements ContainerView {
  definition: ContainerDefinition;
  state: ContainerState;
  readonly streams: ContainerStreams;
  /** Before it is started again by its policy. */
  restartTimer: NodeJS.Timeout | undefined;
  restartDelayMs = 0;
  /** It is being restarted: `--rm` does not apply to this end. */
  isKept = false;
  /** Of its writable layer, in the state it was counted in; see `sizes.ts`. */
  counted: { readonly state: ContainerState; readonly bytes: Promise<number> } | undefined;
  /** Who its program runs as; unknown of a run that began under an earlier engine. */
  ownUser: ProcessUser | undefined;
  isEnding = false;
  /** Its first process was sent SIGKILL: what is found in it from now on says nothing of its health. */
  isKilled = false;
  /** Nothing is left of its last run. */
  isTornDown = false;
  private readonly files: RuntimeFiles;
  private readonly waiters: Record<WaitCondition, Set<(exitCode: number) => void>> = {
    'next-exit': new Set(),
    removed: new Set(),
  };
  private tail: Promise<void> = Promise.resolve();

  constructor(definition: ContainerDefinition, state: ContainerState, files: RuntimeFiles) {
    this.definition = definition;
    this.state = state;
    this.files = files;
    const { Tty, StdinOnce } = definition.config;
    this.streams = new ContainerStreams({ hasTerminal: Tty, endsInput: StdinOnce && !Tty });
  }

  get id(): string {
    return this.definition.id;
  }

  get name(): string {
    return this.definition.name;
  }

  get config(): ContainerConfig {
    return this.definition.config;
  }

  get hostConfig(): HostConfig {
    return this.definition.hostConfig;
  }

  get imageId(): string {
    return this.definition.imageId;
  }

  get imageReference(): string {
    return this.definition.imageReference;
  }

  get running(): boolean {
    return isRunning(this.state);
  }

  get paused(): boolean {
    return this.state.status === 'paused';
  }

  get restarting(): boolean {
    return this.state.status === 'restarting';
  }

  get pid(): number {
    return hasProcess(this.state) ? (this.state.process?.container.pid ?? 0) : 0;
  }

  get rootfsPath(): string {
    return this.state.rootfsPath ?? '';
  }

  get bundlePath(): string {
    return this.files.bundleOf(this.id);
  }

  get logPath(): string {
    return this.files.logOf(this.id);
  }

  /** Runs `work` when everything asked for before is done. */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    const before = this.tail;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.tail = promise;
    await before;
    try {
      return await work();
    } finally {
      resolve();
    }
  }

  /** Calls `resolve` with the exit code once at the condition; returns how to stop waiting. */
  whenReached(condition: WaitCondition, resolve: (exitCode: number) => void): () => void {
    this.waiters[condition].add(resolve);
    return () => void this.waiters[condition].delete(resolve);
  }

  /** Tells everybody who waits for the condition. */
  settle(condition: WaitCondition): void {
    const waiting = [...this.waiters[condition]];
    this.waiters[condition].clear();
    for (const resolve of waiting) resolve(this.state.exitCode);
  }
}
