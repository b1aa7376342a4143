/**
 * A storm: clients at work on one engine, which is killed with -9 at moments nobody chose: while it
 * works, while it starts, while it stops. Inits and monitors are killed too, with and without an
 * engine. After each kill the next engine has to tell the truth, and to leave nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/eventually.ts';
import type { TestEngine } from '../support/engine.ts';
import { ACTIONS } from './actions.ts';
import { initOf, monitorsOf } from './machine.ts';
import { Random } from './random.ts';
import { discrepancies } from './verify.ts';
import { World } from './world.ts';

export interface StormOptions {
  readonly seed: number;
  /** Kills of the engine. */
  readonly kills: number;
  readonly tell?: (line: string) => void;
}

export interface StormReport {
  readonly seed: number;
  /** Kills of the engine by moment, and of other processes by kind. */
  readonly kills: ReadonlyMap<string, number>;
  readonly actions: ReadonlyMap<string, number>;
  readonly problems: readonly string[];
}

type Moment = 'at work' | 'starting' | 'stopping' | 'let stop';
const MOMENTS: readonly { readonly moment: Moment; readonly weight: number }[] = [
  { moment: 'at work', weight: 6 },
  { moment: 'starting', weight: 2 },
  { moment: 'stopping', weight: 2 },
  { moment: 'let stop', weight: 1 },
];
const CLIENTS = 5;
const ANSWERS_MAX = 60;
const START_MS = 900;
const STOP_MS = 60;
/** Of a machine that has much else to do. */
const SETTLE_DEADLINE_MS = 30_000;

/** The engine has `busybox`. It runs when this returns, without any container. */
export async function storm(engine: TestEngine, options: StormOptions): Promise<StormReport> {
  const random = new Random(options.seed);
  const world = new World(engine, random);
  const kills = new Map<string, number>();
  const count = (kind: string) => kills.set(kind, (kills.get(kind) ?? 0) + 1);
  for (let killed = 0; killed < options.kills && world.problems.length === 0;) {
    const { moment } = random.pickWeighted(MOMENTS);
    world.isOver = false;
    const clients = Array.from({ length: CLIENTS }, () => work(world));
    const killer = killOthers(world, count);
    await world.answered(random.below(ANSWERS_MAX));
    await killEngine(world, moment);
    count(`engine ${moment}`);
    if (moment !== 'let stop') killed++;
    await Promise.all([...clients, killer]);
    if (random.chance(0.3)) killSome(world, count);
    await engine.start();
    await verify(world);
    options.tell?.(`${killed} ${moment}: ${summary(world)}`);
  }
  if (world.problems.length === 0) await clear(world);
  return { seed: options.seed, kills, actions: world.done, problems: world.problems };
}

async function work(world: World): Promise<void> {
  while (!world.isOver) {
    const action = world.random.pickWeighted(ACTIONS);
    const wasDone = await action.run(world);
    if (wasDone) world.done.set(action.name, (world.done.get(action.name) ?? 0) + 1);
    else await sleep(1);
  }
}

async function killEngine(world: World, moment: Moment): Promise<void> {
  const { engine, random } = world;
  if (moment === 'let stop') {
    // With everything under way finished first.
    await engine.stop().catch((error: unknown) => world.problems.push(String(error)));
    world.isOver = true;
    return;
  }
  if (moment === 'stopping') {
    const stopping = engine.stop().catch(() => {}); // it is not let to end by itself, mostly
    await sleep(random.below(STOP_MS));
    world.isOver = true;
    if (engine.isRunning) process.kill(engine.pid, 'SIGKILL');
    return stopping;
  }
  const killed = engine.kill9();
  world.isOver = true;
  await killed;
  if (moment !== 'starting') return;
  const starting = engine.start().catch(() => {});
  await sleep(random.below(START_MS));
  if (engine.isRunning) await engine.kill9();
  await starting;
}

/** Now and then while clients work. */
async function killOthers(world: World, count: (kind: string) => void): Promise<void> {
  while (!world.isOver) {
    await sleep(100 + world.random.below(400));
    if (!world.isOver) killSome(world, count);
  }
}

function killSome(world: World, count: (kind: string) => void): void {
  const monitor = world.random.pick(monitorsOf(world.engine));
  const container = world.ledger.containers.find(({ id }) => id === monitor?.containerId);
  if (monitor === undefined || container === undefined) return;
  const isMonitor = world.random.chance(0.3);
  const pid = isMonitor ? monitor.pid : initOf(monitor);
  if (pid === undefined) return;
  container.disturb(isMonitor ? 255 : 137);
  try {
    process.kill(pid, 'SIGKILL');
    count(isMonitor ? 'monitor' : 'init');
  } catch {
    // It ended meanwhile.
  }
}

async function verify(world: World): Promise<void> {
  let problems: string[] = [];
  const agree = async () => {
    problems = await discrepancies(world);
    return problems.length === 0;
  };
  await eventually('everything agrees', agree, SETTLE_DEADLINE_MS).catch((error: unknown) => {
    if (problems.length === 0) problems = [String((error as Error).cause ?? error)];
    world.problems.push(...problems);
  });
}

async function clear(world: World): Promise<void> {
  await world.engine.removeContainers();
  for (const name of world.ledger.volumes.keys())
    await world.engine.request(`/volumes/${name}?force=1`, { method: 'DELETE' });
  for (const container of world.ledger.containers) container.expect('absent')();
  for (const [name] of world.ledger.volumes)
    world.ledger.volumes.set(name, { mayExist: false, mayBeAbsent: true });
  await verify(world);
}

function summary({ ledger, problems }: World): string {
  const present = ledger.containers.filter((container) => !container.mayBe.has('absent'));
  return `${present.length} containers, ${problems.length} problems`;
}

/** The report in words. */
export function describeReport({ seed, kills, actions, problems }: StormReport): string {
  const words = (counts: ReadonlyMap<string, number>) =>
    [...counts].map(([kind, number]) => `${number} ${kind}`).join(', ');
  return [
    `seed ${seed}`,
    `killed: ${words(kills)}`,
    `done: ${words(actions)}`,
    ...(problems.length > 0
      ? ['not as it should be:', ...problems]
      : ['nothing lost, nothing left over']),
  ].join('\n');
}
