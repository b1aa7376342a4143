/**
 * Whether the engine, its records and the machine tell the same story, and one that clients can
 * believe: nothing lost, nothing back, nothing left over. Pure but for the asking.
 */
import { FrameDecoder } from '../../engine/formats/stream-frame.ts';
import type { KnownContainer, Status } from './ledger.ts';
import { takeInventory, type Inventory } from './machine.ts';
import type { World } from './world.ts';

/** A container as the engine shows it. */
interface Shown {
  readonly Id: string;
  readonly Names: string[];
  readonly State: Status;
  readonly Mounts: { readonly Name?: string }[];
}

interface Inspected {
  readonly State: {
    readonly Status: Status;
    readonly Pid: number;
    readonly ExitCode: number;
    readonly Error: string;
  };
  readonly NetworkSettings: { readonly SandboxKey: string };
}

const ALIVE: readonly Status[] = ['running', 'paused'];
/** Sandboxes, and a container, are made ahead of need. */
const SPARE_NAMESPACES_MAX = 6;
const SPARE_CONTAINERS_MAX = 1;
/** The runtimes of those, and one for an exec. */
const SPARE_RUNTIMES_MAX = 2;

/** Everything that is not as it should be; when there is nothing, the ledger is certain again. */
export async function discrepancies(world: World): Promise<string[]> {
  const shown = await ask<Shown[]>(world, '/containers/json?all=1');
  const problems: string[] = [];
  const byId = new Map(shown.map((container) => [container.Id, container]));
  const matched = new Map<KnownContainer, Shown>();
  for (const known of world.ledger.containers) {
    const found = find(known, shown);
    if (found !== undefined) matched.set(known, found);
    const state = found?.State ?? 'absent';
    if (!known.mayBe.has(state))
      problems.push(`${known.name} (${known.wish.program.name}) is ${state}, not ${list(known)}`);
  }
  const expected = new Set([...matched.values()].map(({ Id }) => Id));
  for (const { Id, Names } of shown)
    if (!expected.has(Id)) problems.push(`container ${Names[0]} ${Id} comes from nowhere`);
  problems.push(...(await volumeProblems(world, shown)));
  const inventory = await takeInventory(world.engine);
  const restless = new Set(
    [...matched].filter(([known]) => known.isRestless).map(([, { Id }]) => Id),
  );
  problems.push(...machineProblems(byId, inventory, restless));
  for (const [known, { Id, State }] of matched)
    problems.push(...(await containerProblems(world, known, Id, State, inventory)));
  if (problems.length === 0) settle(world, matched);
  return problems;
}

function find(known: KnownContainer, shown: readonly Shown[]): Shown | undefined {
  const names = [known.name, known.otherName].map((name) => `/${name}`);
  return shown.find(
    ({ Id, Names }) =>
      Id === known.id || (known.id === undefined && names.includes(Names[0] ?? '')),
  );
}

function settle(world: World, matched: ReadonlyMap<KnownContainer, Shown>): void {
  for (const known of world.ledger.containers) {
    const found = matched.get(known);
    known.id ??= found?.Id;
    known.found(found?.State ?? 'absent', found?.Names[0]?.slice(1));
  }
  world.ledger.containers.splice(
    0,
    world.ledger.containers.length,
    ...world.ledger.containers.filter((known) => matched.has(known) || known.id !== undefined),
  );
}

async function volumeProblems(world: World, shown: readonly Shown[]): Promise<string[]> {
  const answer = await ask<{ Volumes: { Name: string }[] | null }>(world, '/volumes');
  const present = new Set((answer.Volumes ?? []).map(({ Name }) => Name));
  const problems: string[] = [];
  for (const [name, { mayExist, mayBeAbsent }] of world.ledger.volumes) {
    if (present.has(name) && !mayExist) problems.push(`volume ${name} is back`);
    if (!present.has(name) && !mayBeAbsent) problems.push(`volume ${name} is lost`);
    if (problems.length === 0)
      world.ledger.volumes.set(name, {
        mayExist: present.has(name),
        mayBeAbsent: !present.has(name),
      });
  }
  const used = new Set(shown.flatMap(({ Mounts }) => Mounts.map(({ Name }) => Name)));
  for (const name of present)
    if (!world.ledger.volumes.has(name) && !used.has(name))
      problems.push(`volume ${name} belongs to no container`);
  for (const name of used)
    if (name !== undefined && !present.has(name)) problems.push(`volume ${name} is lost`);
  return problems;
}

function machineProblems(
  byId: ReadonlyMap<string, Shown>,
  found: Inventory,
  restless: ReadonlySet<string>,
): string[] {
  const all = [...byId.keys()];
  const alive = all.filter((id) => ALIVE.includes(byId.get(id)?.State as Status));
  // Started ahead of need: for a container to come, and for one that was created a moment ago.
  const made = all.filter((id) => byId.get(id)?.State === 'created');
  const problems: string[] = [];
  const compare = (
    what: string,
    has: readonly string[],
    should: readonly string[],
    mayHave: readonly string[] = [],
    sparesMax = 0,
  ): void => {
    const missing = should.filter((id) => !has.includes(id) && !restless.has(id));
    const left = has.filter(
      (id) => !should.includes(id) && !mayHave.includes(id) && !restless.has(id),
    );
    for (const id of missing) problems.push(`no ${what} ${id}`);
    if (left.length > sparesMax) for (const id of left) problems.push(`left over: ${what} ${id}`);
  };
  const spares = SPARE_CONTAINERS_MAX;
  compare('container folder', found.containerFolders, all, [], spares);
  compare('layer folder', found.layerFolders, all, [], spares);
  compare('definition', found.definitions, all);
  compare('state record', [...found.states.keys()], all);
  compare('bundle', found.bundles, alive, made, spares);
  compare('runtime state', found.runtimeStates, alive, made, spares);
  compare('exit record', found.exits, []);
  compare('exec file', found.execFiles, []);
  compare('mount', found.rootfsMounts, alive);
  compare('other mount', found.otherMounts, []);
  compare('cgroup', found.cgroups, alive, made, spares);
  compare('layer', found.layers, found.layerRecords);
  compare('volume folder', found.volumeFolders, found.volumeRecords);
  const monitored = found.monitors.map(({ containerId }) => containerId);
  if (alive.length + restless.size === 0)
    compare('runtime process', found.runtimeProcesses, [], [], SPARE_RUNTIMES_MAX);
  compare('monitor', monitored, [], [...alive, ...made], spares);
  for (const [id, status] of found.states)
    if (byId.get(id)?.State !== status && !restless.has(id))
      problems.push(`${id} is ${byId.get(id)?.State}, but recorded as ${status}`);
  for (const link of found.links)
    if (!found.namespaces.some((name) => link.endsWith(name)))
      problems.push(`left over: interface ${link}`);
  const namespacesMax = alive.length + restless.size + SPARE_NAMESPACES_MAX;
  if (found.namespaces.length > namespacesMax)
    problems.push(`${found.namespaces.length} network namespaces, at most ${namespacesMax}`);
  return problems;
}

async function containerProblems(
  world: World,
  known: KnownContainer,
  id: string,
  shownState: Status,
  { monitors, namespaces, publishedPorts }: Inventory,
): Promise<string[]> {
  const { State, NetworkSettings } = await ask<Inspected>(world, `/containers/${id}/json`);
  const { port, program } = known.wish;
  const problems: string[] = [];
  if (State.Status !== shownState) return known.isRestless ? [] : [`${known.name} changes`];
  const isAlive = ALIVE.includes(State.Status);
  const isMonitored = monitors.some(({ containerId }) => containerId === id);
  if (isAlive && !known.isRestless) {
    if (!isProcess(State.Pid)) problems.push(`${known.name}: process ${State.Pid} is gone`);
    const namespace = NetworkSettings.SandboxKey.split('/').at(-1) ?? '';
    if (!namespaces.includes(namespace)) problems.push(`${known.name}: no namespace ${namespace}`);
    if (!isMonitored && !State.Error.includes('monitor'))
      problems.push(`${known.name}: nobody says that its monitor was killed`);
  }
  if (State.Status === 'exited' && !known.exitCodes.has(State.ExitCode))
    problems.push(
      `${known.name} (${program.name}) ended with ${State.ExitCode} ${State.Error}, its log: ${(await logOf(world, id, 'stdout=1&stderr=1&tail=5')).trimEnd()}`,
    );
  if (port !== undefined && publishedPorts.includes(port) !== isAlive)
    problems.push(`${known.name}: port ${port} is ${isAlive ? 'not' : 'still'} published`);
  if (program.counts) problems.push(...(await logProblems(world, known, id)));
  return problems;
}

async function logOf({ engine }: World, id: string, query: string): Promise<string> {
  const answer = await engine.request(`/containers/${id}/logs?${query}`);
  const frames = new FrameDecoder().push(answer.bytes);
  return Buffer.concat(frames.map(({ bytes }) => bytes)).toString('latin1');
}

/** Each run counts from 1: a gap or a repeat shows. */
async function logProblems(world: World, known: KnownContainer, id: string): Promise<string[]> {
  const text = await logOf(world, id, 'stdout=1&tail=5000');
  const numbers = text.split('\n').slice(0, -1).map(Number);
  const broken = numbers.findIndex(
    (number, at) => at > 0 && number !== 1 && number !== (numbers[at - 1] ?? 0) + 1,
  );
  if (broken === -1) return [];
  const around = numbers.slice(Math.max(0, broken - 2), broken + 2).join(' ');
  return [`the log of ${known.name} goes on with ${around}`];
}

function isProcess(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function ask<T>(world: World, path: string): Promise<T> {
  const answer = await world.engine.request(path);
  if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status} ${answer.text}`);
  return answer.json() as T;
}

function list(known: KnownContainer): string {
  return [...known.mayBe].join(' or ');
}
