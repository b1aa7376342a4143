import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SqliteState } from '../../drivers/state/sqlite.ts';
import { LocalVolumeStore } from '../../drivers/volumes/local.ts';
import { systemClock } from '../../host/clock.ts';
import { EventBus, type EngineEvent } from '../events/event-bus.ts';
import { ANONYMOUS_LABEL, VolumeService } from './volume-service.ts';

let dataRoot: string;
let state: SqliteState;
let events: EngineEvent[];
let users: Map<string, string[]>;
let volumes: VolumeService;

function openService(): VolumeService {
  const bus = new EventBus(systemClock);
  bus.subscribe((event) => events.push(event));
  return new VolumeService({
    store: new LocalVolumeStore(dataRoot),
    state,
    events: bus,
    clock: systemClock,
    users: (name) => users.get(name) ?? [],
  });
}

beforeEach(() => {
  dataRoot = mkdtempSync(join(tmpdir(), 'gantry-volumes-'));
  state = new SqliteState(':memory:');
  events = [];
  users = new Map();
  volumes = openService();
});

afterEach(() => {
  state.close();
  rmSync(dataRoot, { recursive: true });
});

describe('ensure()', () => {
  it('makes a volume once and finds it again, labels as they were', () => {
    const first = volumes.ensure({ name: 'data', labels: { a: 'b' } });
    expect(first).toMatchObject({ name: 'data', created: true, labels: { a: 'b' } });
    expect(existsSync(first.mountpoint)).toBe(true);
    expect(volumes.ensure({ name: 'data', labels: { c: 'd' } })).toEqual({
      ...first,
      created: false,
    });
    expect(events.map(({ action, actorId }) => [action, actorId])).toEqual([['create', 'data']]);
  });

  it('gives an anonymous volume a name of 64 hex digits and the label', () => {
    const { name, labels } = volumes.ensure({});
    expect(name).toMatch(/^[0-9a-f]{64}$/);
    expect(labels).toEqual({ [ANONYMOUS_LABEL]: '' });
  });

  it.each([
    ['a/b', 'includes invalid characters for a local volume name'],
    ['.hidden', 'includes invalid characters'],
    ['..', 'includes invalid characters'],
    ['a', 'volume name is too short'],
  ])('refuses the name %s', (name, message) => {
    expect(() => volumes.ensure({ name })).toThrow(message);
    expect(volumes.list()).toEqual([]);
  });

  it('refuses drivers and options it does not have', () => {
    expect(() => volumes.ensure({ name: 'ab', driver: 'nfs' })).toThrow('plugin "nfs" not found');
    expect(() => volumes.ensure({ name: 'ab', driverOpts: { type: 'tmpfs' } })).toThrow(
      'create ab: missing required option: "device"',
    );
    volumes.ensure({ name: 'there' });
    expect(() => volumes.ensure({ name: 'there', driver: 'nfs' })).toThrow(
      'create there: error looking up volume plugin nfs: plugin "nfs" not found',
    );
  });
});

describe('remove()', () => {
  it('deletes the data', async () => {
    const { mountpoint } = volumes.ensure({ name: 'data' });
    writeFileSync(join(mountpoint, 'file'), 'x');
    await volumes.remove('data');
    expect(existsSync(join(dataRoot, 'volumes', 'data'))).toBe(false);
    expect(() => volumes.find('data')).toThrow('get data: no such volume');
    expect(events.at(-1)).toMatchObject({ action: 'destroy', actorId: 'data' });
  });

  it('refuses a volume in use and names who has it, also with force', async () => {
    volumes.ensure({ name: 'data' });
    users.set('data', ['abc', 'def']);
    const refusal = 'remove data: volume is in use - [abc, def]';
    await expect(volumes.remove('data')).rejects.toThrow(refusal);
    await expect(volumes.remove('data', { force: true })).rejects.toThrow(refusal);
  });

  it('takes an absent volume as an error only without force', async () => {
    await volumes.remove('nothing', { force: true });
    await expect(volumes.remove('nothing')).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('removeAnonymous()', () => {
  it('removes what the engine named, unless somebody has it', async () => {
    const named = volumes.ensure({ name: 'data' }).name;
    const used = volumes.ensure({}).name;
    const unused = volumes.ensure({}).name;
    users.set(used, ['abc']);
    for (const name of [named, used, unused, 'gone']) await volumes.removeAnonymous(name);
    expect(volumes.list().map(({ name }) => name)).toEqual([used, named].toSorted());
  });
});

describe('prune()', () => {
  it('removes unused anonymous volumes, and all unused ones when asked', async () => {
    volumes.ensure({ name: 'used' });
    volumes.ensure({ name: 'kept', labels: { keep: '' } });
    const anonymous = volumes.ensure({});
    users.set('used', ['abc']);
    writeFileSync(join(anonymous.mountpoint, 'file'), Buffer.alloc(100_000));
    const first = await volumes.prune(new Map(), 50);
    expect(first.deleted).toEqual([anonymous.name]);
    expect(first.reclaimedBytes).toBe(100_000);
    const kept = await volumes.prune(
      new Map([
        ['all', ['true']],
        ['label!', ['keep']],
      ]),
      50,
    );
    expect(kept.deleted).toEqual([]);
    expect((await volumes.prune(new Map(), 41)).deleted).toEqual(['kept']);
    expect(volumes.list().map(({ name }) => name)).toEqual(['used']);
  });

  it('refuses a filter it does not know', async () => {
    await expect(volumes.prune(new Map([['color', ['red']]]), 50)).rejects.toThrow(
      "invalid filter 'color'",
    );
  });
});

describe('list()', () => {
  it('filters by name, label and use', () => {
    volumes.ensure({ name: 'web-data', labels: { app: 'web' } });
    volumes.ensure({ name: 'db-data', labels: { app: 'db' } });
    users.set('db-data', ['abc']);
    const names = (filters: Record<string, string[]>) =>
      volumes.list(new Map(Object.entries(filters))).map(({ name }) => name);
    expect(names({ name: ['web'] })).toEqual(['web-data']);
    expect(names({ name: ['^db-[ad]+ta$'] })).toEqual(['db-data']);
    expect(names({ name: ['data', '('] })).toEqual(['db-data', 'web-data']);
    expect(names({ label: ['app=db'] })).toEqual(['db-data']);
    expect(names({ label: ['app', 'app=web'] })).toEqual(['web-data']);
    expect(names({ dangling: ['true'] })).toEqual(['web-data']);
    expect(names({ dangling: ['false'] })).toEqual(['db-data']);
    expect(names({ driver: ['nfs'] })).toEqual([]);
    expect(() => names({ dangling: ['nonsense'] })).toThrow("Invalid filter 'dangling=[nonsense]'");
  });
});

describe('recover()', () => {
  it('finds a volume whose record was lost, and forgets one whose directory is gone', async () => {
    mkdirSync(join(dataRoot, 'volumes', 'lost', '_data'), { recursive: true });
    const { mountpoint } = volumes.ensure({ name: 'gone' });
    rmSync(join(mountpoint, '..'), { recursive: true });
    await openService().recover();
    expect(volumes.list().map(({ name }) => name)).toEqual(['lost']);
  });

  it('undoes a creation that was cut off before there was a place for the data', async () => {
    const { mountpoint } = volumes.ensure({ name: 'half' });
    rmSync(mountpoint, { recursive: true });
    await openService().recover();
    expect(volumes.list()).toEqual([]);
    expect(existsSync(join(mountpoint, '..'))).toBe(false);
  });

  it('finishes a removal that was interrupted', async () => {
    const removed = join(dataRoot, 'volumes', '.removed-0123');
    mkdirSync(join(removed, '_data'), { recursive: true });
    await volumes.recover();
    expect(existsSync(removed)).toBe(false);
  });
});

describe('copyUp()', () => {
  it('brings a tree with its symlinks and hard links', async () => {
    const source = join(dataRoot, 'image');
    mkdirSync(join(source, 'sub'), { recursive: true });
    writeFileSync(join(source, 'sub', 'file'), 'content');
    const { name, mountpoint } = volumes.ensure({ name: 'data' });
    expect(volumes.isEmpty(name)).toBe(true);
    await volumes.copyUp(name, source);
    expect(readFileSync(join(mountpoint, 'sub', 'file'), 'utf8')).toBe('content');
    expect(volumes.isEmpty(name)).toBe(false);
  });
});
