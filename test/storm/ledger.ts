/**
 * What a client knows of its containers and volumes. A request that was answered makes it certain; one
 * that was cut off leaves what was before and what was asked for, either of which the next engine may
 * show. Nothing else.
 */

export type Status =
  'absent' | 'created' | 'running' | 'paused' | 'restarting' | 'exited' | 'removing' | 'dead';

/** What a container runs, and how it goes on without anybody's doing. */
export interface Program {
  readonly name: string;
  readonly command: readonly string[];
  /** It ends by itself with this code. */
  readonly endsWith?: number;
  /** Writes 1, 2, 3 … to its log. */
  readonly counts?: boolean;
  readonly policy?: 'always' | 'on-failure';
  /** Serves a file over HTTP at a published port. */
  readonly serves?: boolean;
}

export interface ContainerWish {
  readonly name: string;
  readonly program: Program;
  readonly autoRemove: boolean;
  /** Of the host; undefined for none. */
  readonly port: number | undefined;
  readonly hasVolume: boolean;
  /** Label by which it may be pruned. */
  readonly group: string;
}

export class KnownContainer {
  readonly wish: ContainerWish;
  name: string;
  /** A rename that was cut off: it may have this name by now. */
  otherName: string | undefined;
  id: string | undefined;
  /** A request about it is under way. */
  isBusy = false;
  /** Codes it may have ended with. */
  readonly exitCodes = new Set([0]);
  /** Somebody killed its process or its monitor: what it says is not what it is going to be. */
  isDoomed = false;
  private states: ReadonlySet<Status> = new Set<Status>(['absent']);

  constructor(wish: ContainerWish) {
    this.wish = wish;
    this.name = wish.name;
    if (wish.program.endsWith !== undefined) this.exitCodes.add(wish.program.endsWith);
  }

  /** It is in one of these, time having passed. */
  get mayBe(): ReadonlySet<Status> {
    const reached = new Set(this.states);
    for (const state of reached) for (const next of this.driftsTo(state)) reached.add(next);
    return reached;
  }

  /** It starts again and again: what is on the machine for it comes and goes. */
  get isRestless(): boolean {
    return this.wish.program.policy !== undefined && this.wish.program.endsWith !== undefined;
  }

  /** By itself, or by its policy. Sets iterate over what is added meanwhile. */
  private driftsTo(state: Status): Status[] {
    const { program, autoRemove } = this.wish;
    const after: Status[] = autoRemove ? ['absent'] : ['exited'];
    if (state === 'restarting') return ['running', 'exited'];
    if (this.isDoomed && (state === 'running' || state === 'paused')) return after;
    // With a policy an engine that starts may start it.
    if (state === 'exited' && program.policy !== undefined) return ['restarting', 'running'];
    if (state !== 'running' || program.endsWith === undefined) return [];
    return program.policy === undefined ? after : ['restarting', 'exited'];
  }

  isLikely(...states: Status[]): boolean {
    return states.some((state) => this.states.has(state));
  }

  /** It was told to become this: from now on it may be. Returns how to note that it is. */
  expect(...after: Status[]): () => void {
    this.states = new Set([...this.states, ...after]);
    return () => {
      if (!this.isDoomed) this.states = new Set(after);
    };
  }

  /** Somebody killed its process or its monitor. */
  disturb(exitCode: number): void {
    this.isDoomed = true;
    // 128 is that of a start that failed.
    this.exitCodes.add(137).add(128).add(exitCode);
    const after: Status[] = this.wish.autoRemove ? ['absent'] : ['exited'];
    if (this.wish.program.policy !== undefined) after.push('restarting', 'running');
    this.states = new Set([...this.states, ...after]);
  }

  /** As it was seen to be. */
  found(state: Status, name: string | undefined): void {
    this.states = new Set([state]);
    // A frozen process that was killed ends when it is thawed.
    this.isDoomed &&= state === 'paused';
    if (name === undefined) return;
    this.name = name;
    this.otherName = undefined;
  }
}

export class Ledger {
  readonly containers: KnownContainer[] = [];
  /** Named volumes: certain, or not. */
  readonly volumes = new Map<string, { mayExist: boolean; mayBeAbsent: boolean }>();

  /** One at rest that `suits`, taken until `isBusy` is reset. */
  claim(
    pick: (from: readonly KnownContainer[]) => KnownContainer | undefined,
    suits: (container: KnownContainer) => boolean,
  ): KnownContainer | undefined {
    const free = this.containers.filter((it) => !it.isBusy && it.id !== undefined && suits(it));
    const chosen = pick(free);
    if (chosen !== undefined) chosen.isBusy = true;
    return chosen;
  }

  get likelyAlive(): number {
    return this.containers.filter((it) => it.mayBe.size > 1 || !it.mayBe.has('absent')).length;
  }
}
