/**
 * `docker stats`: what a container uses, once or once a second until it is removed. A container that
 * does not run is told with zeros, not refused. A client that lags gets the newest sample only.
 */
import { EngineError } from '../../contract/errors.ts';
import type { ContainerStats } from '../../contract/stats.ts';
import type { UsageReader } from '../../drivers/usage.ts';
import type { Clock } from '../../host/clock.ts';
import type { ContainerLookup, ContainerView } from '../containers/container.ts';
import type { EventBus } from '../events/event-bus.ts';
import { Sampler, type SamplePair } from './sampler.ts';
import { statsDocument, type Sample, type Subject } from './stats-document.ts';

export interface StatsParts {
  readonly containers: ContainerLookup & { cgroupsPathOf(id: string): string };
  readonly usage: UsageReader;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly machineMemoryBytes: number;
}

export interface StatsRequest {
  readonly stream: boolean;
  /** One sample at once, without one before it. */
  readonly isOneShot: boolean;
}

export class StatsService {
  private readonly parts: StatsParts;
  private readonly sampler: Sampler;

  constructor(parts: StatsParts) {
    this.parts = parts;
    this.sampler = new Sampler({
      take: (id) => this.sampleOf(id),
      nowNs: () => parts.clock.nowNs(),
    });
  }

  /** Throws at once where the request is wrong or the container unknown. */
  open(
    nameOrId: string,
    { stream, isOneShot }: StatsRequest,
    signal: AbortSignal,
  ): AsyncIterable<ContainerStats> {
    const container = this.parts.containers.find(nameOrId);
    if (stream && isOneShot)
      throw new EngineError('invalid-argument', 'cannot have stream=true and one-shot=true');
    const isOff = !container.running || container.restarting;
    if (!stream && (isOff || isOneShot)) return this.once(container.id);
    return this.follow(container.id, stream, signal);
  }

  private async *once(id: string): AsyncGenerator<ContainerStats> {
    const document = this.documentOf(id, { sample: this.sampleOf(id), before: undefined });
    if (document !== undefined) yield document;
  }

  private async *follow(
    id: string,
    isEndless: boolean,
    signal: AbortSignal,
  ): AsyncGenerator<ContainerStats> {
    let newest: SamplePair | undefined;
    let isOver = signal.aborted;
    let wake = () => {};
    const end = () => {
      isOver = true;
      wake();
    };
    using cleanup = new DisposableStack();
    cleanup.defer(
      this.sampler.watch(id, (pair) => {
        newest = pair;
        wake();
      }),
    );
    cleanup.defer(
      this.parts.events.subscribe(({ type, action, actorId }) => {
        if (type === 'container' && action === 'destroy' && actorId === id) end();
      }),
    );
    signal.addEventListener('abort', end);
    cleanup.defer(() => signal.removeEventListener('abort', end));
    for (;;) {
      if (newest === undefined && !isOver) await new Promise<void>((resolve) => (wake = resolve));
      if (isOver || newest === undefined) return;
      const document = this.documentOf(id, newest);
      newest = undefined;
      if (document === undefined) return;
      yield document;
      if (!isEndless) return;
    }
  }

  private sampleOf(id: string): Sample | undefined {
    const { containers, usage, clock } = this.parts;
    const container = this.find(id);
    if (container === undefined) return undefined;
    const isOn = container.running && container.pid > 0;
    return {
      readAtNs: clock.nowNs(),
      machine: usage.processorTime(),
      usage: isOn
        ? usage.usageOf({ cgroupsPath: containers.cgroupsPathOf(id), pid: container.pid })
        : undefined,
    };
  }

  private documentOf(
    id: string,
    { sample, before }: { sample: Sample | undefined; before: Sample | undefined },
  ): ContainerStats | undefined {
    const container = this.find(id);
    if (container === undefined) return undefined;
    return statsDocument(this.subjectOf(container), sample, before, this.parts.machineMemoryBytes);
  }

  private subjectOf(container: ContainerView): Subject {
    const { id, name } = container;
    return { id, name, hasOwnNetwork: this.networkModeOf(container) !== 'host' };
  }

  /** Of the container whose network it is. */
  private networkModeOf({ hostConfig: { NetworkMode } }: ContainerView): string {
    if (!NetworkMode.startsWith('container:')) return NetworkMode;
    const owner = this.find(NetworkMode.slice('container:'.length));
    return owner === undefined ? 'none' : owner.hostConfig.NetworkMode;
  }

  private find(id: string): ContainerView | undefined {
    try {
      return this.parts.containers.find(id);
    } catch {
      return undefined; // it was removed
    }
  }
}
