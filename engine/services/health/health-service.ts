/**
 * Probes every container that runs and asks for it. Each has a timer and a probe of its own: one that
 * is stuck holds up nobody else. What a probe found is on record before it is announced, so the next
 * engine goes on from there.
 */
import type { Clock } from '../../host/clock.ts';
import type { ExecService } from '../exec/exec-service.ts';
import { delayToProbeMs, healthAfter, type HealthRecord } from './health-record.ts';
import type { ProbePlan } from './probe-plan.ts';
import { runProbe } from './probe.ts';

/** A container that is to be probed now: it runs, and is not paused. */
export interface Probed {
  readonly id: string;
  readonly plan: ProbePlan;
  readonly health: HealthRecord;
  /** RFC 3339; another one means another run. */
  readonly startedAt: string;
}

export interface ProbedContainers {
  /** Undefined when it is not to be probed. */
  probed(id: string): Probed | undefined;
  allProbed(): Probed[];
  /** Writes it down, and announces a change of status. */
  setHealth(id: string, health: HealthRecord): void;
  onChange(listener: (id: string) => void): () => void;
}

export interface HealthCollaborators {
  readonly containers: ProbedContainers;
  readonly exec: Pick<ExecService, 'run'>;
  readonly clock: Clock;
}

/** A probe in a frozen container ends when that is thawed: the next engine sees to it. */
const CLOSE_LIMIT_MS = 3000;

export class HealthService {
  private readonly parts: HealthCollaborators;
  private readonly watches = new Map<string, HealthWatch>();
  private stopListening = () => {};

  constructor(parts: HealthCollaborators) {
    this.parts = parts;
  }

  /** Takes the probing up: of what runs already, and from now on of whatever starts. */
  begin(): void {
    const { containers } = this.parts;
    this.stopListening = containers.onChange((id) => this.follow(id));
    for (const { id } of containers.allProbed()) this.follow(id);
  }

  /** Has the container probed, or no more, as its state asks for. */
  private follow(id: string): void {
    const probed = this.parts.containers.probed(id);
    const watch = this.watches.get(id);
    if (watch !== undefined && watch.startedAt === probed?.startedAt) return;
    void watch?.stop();
    if (probed === undefined) this.watches.delete(id);
    else this.watches.set(id, new HealthWatch(this.parts, probed));
  }

  /** Ends the probes that are under way; resolves when nothing of them is left, or it takes too long. */
  async close(): Promise<void> {
    this.stopListening();
    const stopped = Promise.all([...this.watches.values()].map((watch) => watch.stop()));
    this.watches.clear();
    await Promise.race([stopped, this.parts.clock.sleep(CLOSE_LIMIT_MS)]);
  }
}

/** The probing of one run of one container. */
class HealthWatch {
  readonly startedAt: string;
  private readonly parts: HealthCollaborators;
  private readonly id: string;
  private readonly over = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> = Promise.resolve();

  constructor(parts: HealthCollaborators, probed: Probed) {
    this.parts = parts;
    this.id = probed.id;
    this.startedAt = probed.startedAt;
    this.schedule(probed);
  }

  async stop(): Promise<void> {
    this.over.abort();
    clearTimeout(this.timer);
    await this.round;
  }

  private schedule({ health, plan }: Probed): void {
    const nowMs = Number(this.parts.clock.nowNs() / 1_000_000n);
    const delayMs = delayToProbeMs(health, plan, this.startedAt, nowMs);
    this.timer = setTimeout(() => {
      this.round = this.probe(plan);
    }, delayMs);
  }

  private async probe(plan: ProbePlan): Promise<void> {
    const { containers } = this.parts;
    const result = await runProbe(this.parts, this.id, plan, this.over.signal);
    if (this.over.signal.aborted) return;
    const probed = containers.probed(this.id);
    if (probed === undefined) return;
    containers.setHealth(this.id, healthAfter(probed.health, result, plan, this.startedAt));
    const next = containers.probed(this.id);
    if (next !== undefined && !this.over.signal.aborted) this.schedule(next);
  }
}
