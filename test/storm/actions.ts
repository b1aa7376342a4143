/** What clients do during a storm. A new verb of the engine is a new line of the table. */
import { writeTar } from '../support/tar-writer.ts';
import type { ContainerWish, KnownContainer, Program } from './ledger.ts';
import { KnownContainer as Container } from './ledger.ts';
import type { World } from './world.ts';

export interface Action {
  readonly name: string;
  readonly weight: number;
  /** Returns whether there was anything to do it to. */
  readonly run: (world: World) => Promise<boolean>;
}

const shell = (script: string): string[] => ['sh', '-c', script];

/** Writes numbers without an end, some hundred a second. */
const COUNT = 'i=0; while :; do i=$((i+1)); echo $i; [ $((i%50)) = 0 ] && sleep 0.2; done';

export const PROGRAMS: readonly (Program & { readonly weight: number })[] = [
  { name: 'sleeps', weight: 4, command: ['sleep', '3600'] },
  { name: 'ends', weight: 4, command: shell('sleep 0.15; exit 7'), endsWith: 7 },
  { name: 'counts', weight: 2, command: shell(COUNT), counts: true },
  { name: 'always', weight: 1, command: ['sleep', '3600'], policy: 'always' },
  {
    name: 'fails',
    weight: 1,
    command: shell('sleep 0.2; exit 3'),
    endsWith: 3,
    policy: 'on-failure',
  },
  {
    name: 'serves',
    weight: 2,
    command: shell('echo here > /tmp/index.html; exec httpd -f -p 80 -h /tmp'),
    serves: true,
  },
];

/** More than this many containers are not made before some are removed. */
const CONTAINERS_MAX = 24;
const FIRST_PORT = 20_000;
const RETRIES = 2;
const GROUPS = ['one', 'two', 'three', 'four'];

function wish(world: World, changes: Partial<ContainerWish> = {}): ContainerWish {
  const { random } = world;
  const number = world.nextNumber();
  const { weight: _, ...program } = random.pickWeighted(PROGRAMS);
  return {
    name: `storm-${number}`,
    program,
    autoRemove: false,
    port: program.serves ? FIRST_PORT + number : undefined,
    hasVolume: random.chance(0.3),
    group: random.pick(GROUPS.filter((group) => !world.pruning.has(group))) ?? '',
    ...changes,
  };
}

function bodyOf({ program, autoRemove, port, hasVolume, group }: ContainerWish): object {
  return {
    Image: 'busybox',
    Cmd: program.command,
    Labels: { group: hasVolume ? '' : group },
    ...(hasVolume && { Volumes: { '/kept': {} } }),
    HostConfig: {
      AutoRemove: autoRemove,
      NetworkMode: port === undefined && !program.counts ? 'none' : 'bridge',
      ...(port !== undefined && { PortBindings: { '80/tcp': [{ HostPort: String(port) }] } }),
      ...(program.policy && {
        RestartPolicy: {
          Name: program.policy,
          MaximumRetryCount: program.policy === 'on-failure' ? RETRIES : 0,
        },
      }),
    },
  };
}

async function create(world: World, changes?: Partial<ContainerWish>): Promise<KnownContainer> {
  const container = new Container(wish(world, changes));
  container.isBusy = true;
  world.ledger.containers.push(container);
  const answer = await world.change(container, {
    path: `/containers/create?name=${container.name}`,
    body: bodyOf(container.wish),
    after: ['created'],
  });
  if (answer) container.id = (answer.json() as { Id: string }).Id;
  return container;
}

/** Ended, or removed itself, or was not started yet. */
const GONE_ON = [404, 409];

function start(world: World, container: KnownContainer): Promise<unknown> {
  return world.change(container, {
    path: `/containers/${container.id}/start`,
    after: ['running'],
    tolerated: container.wish.autoRemove ? GONE_ON : [],
  });
}

/** On one container that suits: nobody else uses it meanwhile. */
async function withOne(
  world: World,
  suits: (container: KnownContainer) => boolean,
  work: (container: KnownContainer) => Promise<unknown>,
): Promise<boolean> {
  const container = world.ledger.claim((free) => world.random.pick(free), suits);
  if (container === undefined) return false;
  try {
    await work(container);
    return true;
  } finally {
    container.isBusy = false;
  }
}

const isStarted = (it: KnownContainer): boolean => it.isLikely('running');
const isSteady = (it: KnownContainer): boolean =>
  it.isLikely('running') && it.wish.program.endsWith === undefined;
const ended = (it: KnownContainer) => (it.wish.autoRemove ? 'absent' : 'exited');

async function createOne(world: World, changes?: Partial<ContainerWish>): Promise<boolean> {
  if (world.ledger.likelyAlive >= CONTAINERS_MAX) return false;
  const container = await create(world, changes);
  container.isBusy = false;
  return true;
}

async function run(world: World, autoRemove: boolean): Promise<boolean> {
  if (world.ledger.likelyAlive >= CONTAINERS_MAX) return false;
  const { weight: _, ...brief } = PROGRAMS[1]!;
  const container = await create(
    world,
    autoRemove ? { autoRemove, program: brief, port: undefined } : {},
  );
  try {
    if (container.id !== undefined) await start(world, container);
    if (container.id !== undefined && autoRemove && world.random.chance(0.5))
      await world.send(`/containers/${container.id}/wait?condition=removed`, { method: 'POST' });
  } finally {
    container.isBusy = false;
  }
  return true;
}

function stop(world: World): Promise<boolean> {
  return withOne(world, isStarted, async (container) => {
    container.exitCodes.add(137);
    const seconds = world.random.below(2);
    await world.change(container, {
      path: `/containers/${container.id}/stop?t=${seconds}`,
      after: [ended(container)],
      tolerated: GONE_ON,
    });
  });
}

function kill(world: World): Promise<boolean> {
  return withOne(world, isStarted, async (container) => {
    container.exitCodes.add(137);
    await world.change(container, {
      path: `/containers/${container.id}/kill`,
      after: ['running', 'restarting', ended(container)], // it ends a moment later
      tolerated: GONE_ON,
    });
  });
}

function remove(world: World): Promise<boolean> {
  const isCrowded = world.ledger.likelyAlive > CONTAINERS_MAX / 2;
  if (!isCrowded && world.random.chance(0.5)) return Promise.resolve(false);
  return withOne(
    world,
    (it) => !it.mayBe.has('absent') || it.mayBe.size > 1,
    async (container) => {
      container.exitCodes.add(137);
      container.expect('exited'); // between its end and its removal
      await world.change(container, {
        method: 'DELETE',
        path: `/containers/${container.id}?force=1&v=1`,
        after: ['absent'],
        tolerated: GONE_ON,
      });
    },
  );
}

function restart(world: World): Promise<boolean> {
  return withOne(
    world,
    (it) => it.isLikely('running', 'exited') && !it.wish.autoRemove,
    async (container) => {
      container.exitCodes.add(137);
      container.expect('exited'); // between its end and its start
      await world.change(container, {
        path: `/containers/${container.id}/restart?t=0`,
        after: ['running'],
      });
    },
  );
}

function pauseAndGoOn(world: World): Promise<boolean> {
  return withOne(world, isSteady, async (container) => {
    const path = `/containers/${container.id}`;
    const tolerated = [409, 500]; // its process may have been killed
    const paused = await world.change(container, {
      path: `${path}/pause`,
      after: ['paused'],
      tolerated,
    });
    if (paused && world.random.chance(0.7))
      await world.change(container, { path: `${path}/unpause`, after: ['running'], tolerated });
  });
}

function unpause(world: World): Promise<boolean> {
  return withOne(
    world,
    (it) => it.isLikely('paused'),
    async (container) => {
      await world.change(container, {
        path: `/containers/${container.id}/unpause`,
        after: ['running'],
        tolerated: [409, 500],
      });
    },
  );
}

function exec(world: World, isDetached: boolean): Promise<boolean> {
  return withOne(world, isSteady, async (container) => {
    const words = shell(isDetached ? 'sleep 5' : 'sleep 0.1; echo done');
    const made = await world.send(`/containers/${container.id}/exec`, {
      method: 'POST',
      body: { Cmd: words, AttachStdout: !isDetached },
    });
    if (made?.status !== 201) return;
    const { Id } = made.json() as { Id: string };
    await world.send(`/exec/${Id}/start`, { method: 'POST', body: { Detach: isDetached } });
  });
}

/** Reads for a while, and leaves. */
function listen(world: World, path: string, method: string): Promise<boolean> {
  return withOne(world, isStarted, async (container) => {
    const signal = AbortSignal.timeout(50 + world.random.below(300));
    await world.send(`/containers/${container.id}/${path}`, { method, signal });
  });
}

function update(world: World): Promise<boolean> {
  return withOne(world, isSteady, async (container) => {
    const answer = await world.send(`/containers/${container.id}/update`, {
      method: 'POST',
      body: { PidsLimit: 50 + world.random.below(50) },
    });
    const isRefused = answer && answer.status >= 300 && ![404, 409, 500].includes(answer.status);
    if (isRefused) world.problems.push(`update of ${container.name}: ${answer.text}`);
  });
}

function rename(world: World): Promise<boolean> {
  return withOne(
    world,
    (it) => !it.wish.autoRemove && it.otherName === undefined,
    async (container) => {
      const name = `storm-${world.nextNumber()}`;
      container.otherName = name;
      const answer = await world.send(`/containers/${container.id}/rename?name=${name}`, {
        method: 'POST',
      });
      if (answer === undefined) return;
      container.otherName = undefined;
      if (answer.status === 204) container.name = name;
    },
  );
}

/** A file in, the folder out. */
function copy(world: World): Promise<boolean> {
  const exists = (it: KnownContainer) => it.isLikely('running', 'exited', 'created');
  return withOne(world, exists, async ({ id }) => {
    const path = `/containers/${id}/archive?path=/tmp`;
    const content = String(world.nextNumber());
    const body = writeTar([{ name: 'copied', content }]);
    await world.send(path, {
      method: 'PUT',
      body,
      headers: { 'content-type': 'application/x-tar' },
    });
    await world.send(path);
  });
}

/** Makes an image, and removes it again. */
function commit(world: World): Promise<boolean> {
  return withOne(world, isSteady, async ({ id }) => {
    const made = await world.send(`/commit?container=${id}`, { method: 'POST', body: {} });
    if (made?.status !== 201) return;
    const { Id } = made.json() as { Id: string };
    await world.send(`/images/${Id}`, { method: 'DELETE' });
  });
}

interface Pruned {
  readonly ContainersDeleted?: readonly string[] | null;
}

/** Removes the ended containers of a group, which nobody touches meanwhile. */
async function prune(world: World): Promise<boolean> {
  const group = world.random.pick(GROUPS) ?? '';
  const inGroup = world.ledger.containers.filter(
    ({ wish: it }) => it.group === group && !it.hasVolume,
  );
  if (world.pruning.has(group) || inGroup.some(({ isBusy }) => isBusy)) return false;
  world.pruning.add(group);
  for (const container of inGroup) container.isBusy = true;
  try {
    const filters = encodeURIComponent(JSON.stringify({ label: [`group=${group}`] }));
    const answer = await world.send(`/containers/prune?filters=${filters}`, { method: 'POST' });
    if (answer !== undefined && answer.status !== 200)
      world.problems.push(`pruning ${group}: ${answer.status} ${answer.text}`);
    const { ContainersDeleted: ids } = (answer?.json() ?? {}) as Pruned;
    for (const container of inGroup)
      if (answer === undefined) container.expect('absent');
      else if (ids?.includes(container.id ?? '')) container.expect('absent')();
  } finally {
    world.pruning.delete(group);
    for (const container of inGroup) container.isBusy = false;
  }
  return true;
}

async function createVolume(world: World): Promise<boolean> {
  const { volumes } = world.ledger;
  if (volumes.size > 40) return false;
  const name = `storm-volume-${world.nextNumber()}`;
  volumes.set(name, { mayExist: true, mayBeAbsent: true });
  const answer = await world.send('/volumes/create', { method: 'POST', body: { Name: name } });
  if (answer?.status === 201) volumes.set(name, { mayExist: true, mayBeAbsent: false });
  return true;
}

async function removeVolume(world: World): Promise<boolean> {
  const { volumes } = world.ledger;
  const certain = [...volumes].filter(([, it]) => it.mayExist && !it.mayBeAbsent);
  const [name] = world.random.pick(certain) ?? [];
  if (name === undefined) return false;
  volumes.set(name, { mayExist: true, mayBeAbsent: true });
  const answer = await world.send(`/volumes/${name}`, { method: 'DELETE' });
  if (answer?.status === 204) volumes.set(name, { mayExist: false, mayBeAbsent: true });
  return true;
}

export const ACTIONS: readonly Action[] = [
  { name: 'create', weight: 4, run: (world) => createOne(world) },
  { name: 'run', weight: 6, run: (world) => run(world, false) },
  { name: 'run --rm', weight: 5, run: (world) => run(world, true) },
  {
    name: 'start',
    weight: 6,
    run: (world) =>
      withOne(
        world,
        (it) => it.isLikely('created', 'exited'),
        (it) => start(world, it),
      ),
  },
  { name: 'stop', weight: 4, run: stop },
  { name: 'kill', weight: 3, run: kill },
  { name: 'restart', weight: 2, run: restart },
  { name: 'rm', weight: 6, run: remove },
  { name: 'pause', weight: 3, run: pauseAndGoOn },
  { name: 'unpause', weight: 2, run: unpause },
  { name: 'exec', weight: 3, run: (world) => exec(world, false) },
  { name: 'exec -d', weight: 1, run: (world) => exec(world, true) },
  { name: 'logs -f', weight: 2, run: (world) => listen(world, 'logs?follow=1&stdout=1', 'GET') },
  { name: 'attach', weight: 2, run: (world) => listen(world, 'attach?stream=1&stdout=1', 'POST') },
  { name: 'update', weight: 1, run: update },
  { name: 'rename', weight: 2, run: rename },
  { name: 'prune', weight: 1, run: prune },
  { name: 'cp', weight: 2, run: copy },
  { name: 'commit', weight: 1, run: commit },
  { name: 'volume create', weight: 2, run: createVolume },
  { name: 'volume rm', weight: 2, run: removeVolume },
];
