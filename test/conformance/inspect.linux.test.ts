/**
 * `inspect` and the list, field by field, against what dockerd 20.10 answered for the same creations.
 * What it answered is in `recorded/`; `GANTRY_SUBJECT=dockerd` records it anew (then run prettier). Whatever differs has
 * to be in the table of differences with its reason, and every entry of the table has to occur.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { INSPECT_CASES, type InspectCase } from './inspect-cases.ts';
import { startSubject, SUBJECT, type Subject } from './subject.ts';

const RECORD = join(import.meta.dirname, 'recorded/inspect-dockerd-20.10.json');

/** Paths (of fields, under either answer) and why they differ. */
const DIFFERENCES: readonly { readonly field: RegExp; readonly why: string }[] = [
  { field: /HostConfig\.NetworkMode$/, why: '"default" is told as what it means, as since 26' },
  { field: /HostConfig\.RestartPolicy\.Name$/, why: 'the policy "no" by its name, as since 25' },
  {
    field: /HostConfig\.(PortBindings|Dns|DnsOptions|DnsSearch|Devices|Ulimits|Blkio\w+)$/,
    why: 'an empty list where a bare client left it out; the CLI sends it empty',
  },
  { field: /HostConfig\.KernelMemory(TCP)?$/, why: 'gone since API 1.42' },
  { field: /HostConfig\.MaskedPaths$/, why: 'newer paths, as since 26' },
  { field: /HostConfig\.Runtime$/, why: 'the runtime that is used' },
  { field: /Networks\.\w+\.(GwPriority|DNSNames)$/, why: 'since API 1.44 and 1.48' },
  { field: /^inspect\.(ResolvConf|Hostname|Hosts|Log)Path$/, why: 'known before the first start' },
  { field: /Networks\.(host|none)\.EndpointID$/, why: 'a network without endpoints has none' },
  { field: /NetworkSettings\.Ports\.53\/udp$/, why: 'IPv4 alone' },
  { field: /^list\.Ports$/, why: 'IPv4 alone' },
  { field: /^list\.Status$/, why: 'in words of time passed' },
  { field: /SandboxID$/, why: "the container's own id, while it runs" },
  { field: /SandboxKey$/, why: 'of a network of its own, while it runs' },
  {
    field: /^list\.Mounts$/,
    why: 'the place of an anonymous volume, known before the first start',
  },
];

let subject: Subject;
let answers: Record<string, object>;
beforeAll(async () => {
  subject = await startSubject();
  answers = {};
  for (const item of INSPECT_CASES) await make(item);
  for (const { name } of INSPECT_CASES) answers[name] = await look(name);
});
afterAll(() => subject.close());

async function make({ name, body, stage }: InspectCase): Promise<void> {
  const post = async (path: string, payload?: object) => {
    const answer = await subject.request(path, { method: 'POST', body: payload });
    if (answer.status >= 300) throw new Error(`${path}: ${answer.text}`);
  };
  await post(`/containers/create?name=${name}`, { Image: 'busybox', ...body });
  if (stage !== 'created') await post(`/containers/${name}/start`);
  if (stage === 'exited') await post(`/containers/${name}/wait`);
}

async function look(name: string): Promise<object> {
  const inspect = (await subject.request(`/containers/${name}/json`)).json() as { Id: string };
  const filters = encodeURIComponent(JSON.stringify({ id: [inspect.Id] }));
  const list = (await subject.request(`/containers/json?all=1&filters=${filters}`)).json();
  return withoutChance({ inspect, list: (list as object[])[0] }, inspect.Id) as object;
}

/** Ids, times, addresses and the like, which differ from one day to the next, as what they are. */
function withoutChance(value: unknown, id: string, key = ''): unknown {
  if (typeof value === 'number')
    return ['Pid', 'Created'].includes(key) && value > 0 ? `<${key}>` : value;
  if (typeof value === 'string')
    return value
      .replaceAll(id, '<id>')
      .replaceAll(/^[0-9a-f]{12}$/g, (text) => (id.startsWith(text) ? '<short id>' : '<other id>'))
      .replaceAll(/[0-9a-f]{64}(-init)?/g, '<hash>')
      .replaceAll(/\/tmp\/gantry-.*/g, '<path>')
      .replaceAll(/20\d\d-\d\d-\d\dT[\d:.]+Z/g, '<time>')
      .replaceAll(/^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/g, '<address>')
      .replaceAll(/^172\.\d+\.\d+\.\d+$/g, '<address>');
  if (Array.isArray(value)) {
    const items = value.map((item) => withoutChance(item, id));
    // dockerd goes through mounts in no order.
    return key === 'Mounts'
      ? items.toSorted((a, b) => (destinationOf(a) < destinationOf(b) ? -1 : 1))
      : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, withoutChance(item, id, name)]),
  );
}

function destinationOf(mount: unknown): string {
  return (mount as { Destination: string }).Destination;
}

type Fields = Record<string, unknown>;

/** Each value of a tree by its path; empty maps are values. */
function fieldsOf(value: unknown, path = ''): Fields {
  const isTree =
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.keys(value).length > 0;
  if (!isTree) return { [path]: value };
  const entries = Object.entries(value as object);
  return Object.assign(
    {},
    ...entries.map(([name, item]) => fieldsOf(item, path === '' ? name : `${path}.${name}`)),
  ) as Fields;
}

/** The fields of the first case, and of each other one what differs from it (undefined: gone). */
function changesFrom(base: Fields, fields: Fields): Fields {
  const paths = new Set([...Object.keys(base), ...Object.keys(fields)]);
  const differing = [...paths].filter(
    (path) => JSON.stringify(base[path]) !== JSON.stringify(fields[path]),
  );
  return Object.fromEntries(
    differing.map((path) => [path, fields[path] ?? (path in fields ? null : '<absent>')]),
  );
}

const FIRST = 'nothing';

test.runIf(SUBJECT === 'dockerd')('dockerd answers are recorded', () => {
  const base = fieldsOf(answers[FIRST]);
  const rest = INSPECT_CASES.filter(({ name }) => name !== FIRST).map(({ name }) => [
    name,
    changesFrom(base, fieldsOf(answers[name])),
  ]);
  const record = { [FIRST]: base, ...Object.fromEntries(rest) };
  writeFileSync(RECORD, `${JSON.stringify(record, undefined, 2)}\n`);
});

test.skipIf(SUBJECT === 'dockerd')(
  'inspect and list answer as dockerd does, but for what has a reason',
  () => {
    const record = JSON.parse(readFileSync(RECORD, 'utf8')) as Record<string, Fields>;
    const unexplained: string[] = [];
    const met = new Set<RegExp>();
    for (const { name } of INSPECT_CASES) {
      const docker: Fields = { ...record[FIRST], ...(name !== FIRST && record[name]) };
      const ours = fieldsOf(answers[name]);
      for (const path of new Set([...Object.keys(docker), ...Object.keys(ours)])) {
        const theirs = path in docker ? docker[path] : '<absent>';
        const own = path in ours ? ours[path] : '<absent>';
        if (JSON.stringify(theirs) === JSON.stringify(own)) continue;
        const reason = DIFFERENCES.find(({ field }) => field.test(path));
        if (reason === undefined)
          unexplained.push(`${name}: ${path}: ${JSON.stringify(theirs)} → ${JSON.stringify(own)}`);
        else met.add(reason.field);
      }
    }
    expect(unexplained).toEqual([]);
    expect(DIFFERENCES.filter(({ field }) => !met.has(field))).toEqual([]);
  },
);

const CREATED = 'config confined health limits mounts nothing policies privileged';

describe('the list filtered by', () => {
  test.each([
    { filters: { status: ['exited', 'created'] }, names: `exited ${CREATED}` },
    { filters: { status: ['running'], network: ['none'] }, names: 'alone' },
    { filters: { exited: ['3'] }, names: 'exited' },
    { filters: { exited: ['0'] }, names: '' },
    { filters: { exited: ['3'], status: ['running'] }, names: '' },
    { filters: { name: ['^/running$'] }, names: 'running' },
    { filters: { name: ['run', '(?i)^EXIT'] }, names: 'exited running' },
    { filters: { name: ['('] }, names: '' },
    { filters: { id: ['zz'] }, names: '' },
    { filters: { ancestor: ['busybox'], name: ['alone'] }, names: 'alone' },
    { filters: { ancestor: ['nothing-of-this-name'] }, names: '' },
    { filters: { label: ['a=b'] }, names: 'exited' },
    { filters: { label: ['tier', 'empty'] }, names: 'config' },
    { filters: { label: ['a', 'tier'] }, names: '' },
    { filters: { label: { a: false } }, names: 'exited' },
    { filters: { before: ['exited'] }, names: 'nothing running' },
    { filters: { since: ['alone'] }, names: 'guest policies' },
    { filters: { volume: ['named'] }, names: 'mounts' },
    { filters: { volume: ['/second'] }, names: 'mounts' },
    { filters: { volume: ['/etc'] }, names: 'mounts' },
    { filters: { volume: ['/scratch'] }, names: '' },
    { filters: { network: ['host'] }, names: 'namespaces' },
    { filters: { network: ['container:running'] }, names: '' },
    { filters: { publish: ['18080'] }, names: 'ports' },
    { filters: { publish: ['80'] }, names: '' },
    { filters: { expose: ['80-81/tcp'] }, names: 'ports' },
    { filters: { expose: ['9'], publish: ['15353/udp'] }, names: 'ports' },
    { filters: { health: ['starting'] }, names: '' },
    { filters: { health: ['none'], name: ['guest'] }, names: 'guest' },
    { filters: { 'is-task': ['true'] }, names: '' },
    { filters: { 'is-task': ['false'], name: ['guest'] }, names: 'guest' },
    { filters: { isolation: ['default'], name: ['guest'] }, names: 'guest' },
    { filters: { status: [], name: ['guest'] }, names: 'guest' },
  ])('$filters has [$names]', async ({ filters, names }) => {
    expect(
      (await namesOf(`all=1&filters=${encodeURIComponent(JSON.stringify(filters))}`)).toSorted(),
    ).toEqual(names.split(' ').filter(Boolean).toSorted());
  });

  test.each([
    { filters: { bogus: ['x'] }, message: "invalid filter 'bogus'" },
    { filters: { status: ['x'] }, message: "invalid filter 'status=x'" },
    { filters: { exited: ['x'] }, message: 'strconv.Atoi: parsing "x": invalid syntax' },
    { filters: { health: ['x'] }, message: 'unrecognized filter value for health: x' },
    { filters: { 'is-task': ['x'] }, message: "invalid filter 'is-task=[x]'" },
    {
      filters: { publish: ['80:80'] },
      message: "filter for 'publish' should not contain ':': 80:80",
    },
    { filters: { before: ['nobody'] }, message: 'no such container: nobody' },
    {
      filters: { expose: ['70000'] },
      message:
        'error while looking up for expose 70000: strconv.ParseUint: parsing "70000": value out of range',
    },
  ])('$filters is refused', async ({ filters, message }) => {
    const query = encodeURIComponent(JSON.stringify(filters));
    const answer = await subject.request(`/containers/json?filters=${query}`);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    const said = (answer.json() as { message: string }).message;
    // dockerd 20.10 spelled some with capitals, one without the colon.
    expect(
      said
        .toLowerCase()
        .replace('recognised', 'recognized')
        .replace('container nobody', 'container: nobody'),
    ).toBe(message.toLowerCase());
  });
});

test('the list has what runs, with all=1 everything, with a limit the newest, newest first', async () => {
  const all = INSPECT_CASES.map(({ name }) => name).toReversed();
  const running = all.filter((name) =>
    INSPECT_CASES.some((it) => it.name === name && it.stage === 'running'),
  );
  expect(await namesOf('')).toEqual(running);
  expect(await namesOf('all=1')).toEqual(all);
  expect(await namesOf('limit=3')).toEqual(all.slice(0, 3));
  expect(await namesOf('limit=0')).toEqual(running);
  expect(await namesOf('limit=-1')).toEqual(running);
});

test('the list names an image by its id once its name means another', async () => {
  await subject.docker.ok('tag', 'busybox', 'moving');
  await subject.docker.ok('create', '--name', 'left', 'moving');
  await subject.docker.ok('rmi', 'moving');
  const filters = encodeURIComponent(JSON.stringify({ name: ['left'] }));
  const [row] = (await subject.request(`/containers/json?all=1&filters=${filters}`)).json() as {
    Image: string;
    ImageID: string;
  }[];
  expect(row?.Image).toBe(row?.ImageID);
  await subject.docker.ok('rm', 'left');
});

describe('prune', () => {
  const prune = async (filters: object) => {
    const query = encodeURIComponent(JSON.stringify(filters));
    const answer = await subject.request(`/containers/prune?filters=${query}`, { method: 'POST' });
    return {
      status: answer.status,
      ...(answer.json() as { message?: string; SpaceReclaimed?: number }),
    };
  };

  test('keeps to its filters', async () => {
    expect(await prune({ until: ['2001-01-01T00:00:00'] })).toMatchObject({ SpaceReclaimed: 0 });
    expect(await prune({ label: ['a=c'] })).toMatchObject({ ContainersDeleted: null });
    const inAMinute = String(Math.ceil(Date.now() / 1000) + 60);
    await prune({ 'label!': ['tier'], until: [inAMinute] });
    expect((await namesOf('all=1')).filter((name) => `exited ${CREATED}`.includes(name))).toEqual([
      'config',
    ]);
    expect(await prune({ bogus: ['1'] })).toMatchObject({
      status: 400,
      message: expect.stringMatching(/invalid filter 'bogus'/i),
    });
    expect((await prune({ until: ['1h', '2h'] })).message).toBe(
      'more than one until filter specified',
    );
  });

  test('tells what it freed, to the byte, and leaves what runs', async () => {
    await subject.docker.ok(
      'run',
      '--name',
      'full',
      'busybox',
      'sh',
      '-c',
      'head -c 100000 /dev/zero >/f',
    );
    const { SizeRw } = (await subject.request('/containers/full/json?size=1')).json() as {
      SizeRw: number;
    };
    await subject.docker.ok('rm', 'config');
    expect(SizeRw).toBeGreaterThanOrEqual(100_000);
    expect(await prune({})).toMatchObject({ SpaceReclaimed: SizeRw });
    expect((await namesOf('all=1')).toSorted()).toEqual([
      'alone',
      'guest',
      'namespaces',
      'ports',
      'running',
    ]);
  });
});

async function namesOf(query: string): Promise<string[]> {
  const answer = await subject.request(`/containers/json?${query}`);
  expect(answer.status).toBe(200);
  return (answer.json() as { Names: string[] }[]).map(({ Names }) => Names[0]?.slice(1) ?? '');
}
