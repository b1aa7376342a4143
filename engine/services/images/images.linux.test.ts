/** Names, lists, removal, import: what happens to images once they are here. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ImageSpec } from '../../../test/support/image-layout.ts';
import { writeTar } from '../../../test/support/tar-writer.ts';
import { parseReference } from '../../formats/reference.ts';
import { FaultyRegistry } from './testing/faulty-registry.ts';
import { ImageWorld } from './testing/image-world.ts';

let world: ImageWorld;
let registry: FaultyRegistry;
beforeEach(async () => {
  world = await ImageWorld.create();
  registry = await FaultyRegistry.start();
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
});

const layer = (content: string) => ({ files: [{ name: 'file', content }] });

/** Pulls a one-layer image and names it briefly. */
async function bring(name: string, spec: Partial<ImageSpec> = {}): Promise<string> {
  registry.push(`source/${name}:latest`, { layers: [layer(name)], ...spec });
  await world.pull(`${registry.address}/source/${name}`);
  world.images.tag(`${registry.address}/source/${name}`, parseReference(name));
  world.images.remove(`${registry.address}/source/${name}`);
  return world.images.find(name).id;
}

function use(imageId: string, running: boolean): string {
  const id = `c0ffee${running ? 1 : 0}`.padEnd(64, '0');
  world.users.push({ imageId, id, name: 'user', running });
  return id.slice(0, 12);
}

const list = (filters: Record<string, string[]> = {}) =>
  world.images.list({
    filters: new Map(Object.entries(filters)),
    withSharedSize: true,
    withContainers: true,
    withManifests: false,
    all: false,
  });
const names = (filters: Record<string, string[]> = {}) =>
  list(filters).flatMap((summary) => summary.RepoTags);

describe('find()', () => {
  test('takes names, tags, digests, ids and unique prefixes of them', async () => {
    const id = await bring('a');
    for (const text of [
      'a',
      'a:latest',
      'docker.io/library/a',
      id,
      id.slice(7),
      id.slice(7, 13),
      id.slice(0, 20),
    ])
      expect(world.images.find(text).id).toBe(id);
  });

  test.each([
    ['nothing', 'No such image: nothing:latest'],
    ['docker.io/library/nothing:v2', 'No such image: nothing:v2'],
    ['localhost:5000/x', 'No such image: localhost:5000/x:latest'],
    [`sha256:${'0'.repeat(64)}`, `No such image: sha256:${'0'.repeat(64)}`],
    ['NOT/valid', 'No such image: NOT/valid:latest'],
  ])('says that there is no %s', (text, message) => {
    expect(() => world.images.find(text)).toThrow(message);
  });
});

describe('remove()', () => {
  test('takes one name, and the image with its last', async () => {
    const id = await bring('a');
    world.images.tag('a', parseReference('b:v1'));
    expect(world.images.remove('b:v1')).toEqual([{ Untagged: 'b:v1' }]);
    const { diffIds } = world.images.find('a');
    expect(world.images.remove('a')).toEqual([
      { Untagged: 'a:latest' },
      { Deleted: id },
      { Deleted: diffIds[0] },
    ]);
    await expect.poll(() => world.onDisk()).toEqual({ layers: 0, blobs: 0, ingests: 0 });
    const actions = world.events.slice(-3).map(({ action, actorId }) => [action, actorId]);
    expect(actions).toEqual([
      ['untag', id],
      ['untag', id],
      ['delete', id],
    ]);
  });

  test('keeps layers and blobs that another image has too', async () => {
    await bring('a', { layers: [layer('shared'), layer('a')] });
    await bring('b', { layers: [layer('shared'), layer('b')] });
    expect(world.onDisk().layers).toBe(3);
    world.images.remove('a');
    await expect.poll(() => world.onDisk().layers).toBe(2);
    expect(world.layersOf('b').map((path) => readFileSync(join(path, 'file'), 'utf8'))).toEqual([
      'shared',
      'b',
    ]);
  });

  test('by id takes a single name along, but not two', async () => {
    const id = await bring('a');
    world.images.tag('a', parseReference('b'));
    expect(() => world.images.remove(id)).toThrow(
      `conflict: unable to delete ${id.slice(7, 19)} (must be forced) - ` +
        'image is referenced in multiple repositories',
    );
    expect(world.images.remove(id.slice(7, 19), { force: true }).slice(0, 2)).toEqual([
      { Untagged: 'a:latest' },
      { Untagged: 'b:latest' },
    ]);
  });

  test('refuses what a stopped container uses until it is forced, and keeps its layers then', async () => {
    const id = await bring('a');
    const user = use(id, false);
    expect(() => world.images.remove('a')).toThrow(
      `conflict: unable to remove repository reference "a" (must force) - ` +
        `container ${user} is using its referenced image ${id.slice(7, 19)}`,
    );
    expect(() => world.images.remove(id)).toThrow(
      `conflict: unable to delete ${id.slice(7, 19)} (must be forced) - ` +
        `image is being used by stopped container ${user}`,
    );
    const [path = ''] = world.layersOf('a');
    expect(world.images.remove('a', { force: true })).toEqual([
      { Untagged: 'a:latest' },
      { Deleted: id },
    ]);
    expect(() => world.images.find(id)).toThrow('No such image');
    expect(names()).toEqual([]);
    expect(readFileSync(join(path, 'file'), 'utf8')).toBe('a');
    expect(world.images.get(id as never)?.diffIds).toHaveLength(1);
    await world.stop();
    await world.open();
    expect(world.onDisk().layers).toBe(1);
    world.users.length = 0;
    world.bus.publish({ type: 'container', action: 'destroy', actorId: 'x', attributes: {} });
    await expect.poll(() => world.onDisk()).toEqual({ layers: 0, blobs: 0, ingests: 0 });
  });

  test('of what a running container uses takes the name at most', async () => {
    const id = await bring('a');
    const user = use(id, true);
    expect(() => world.images.remove(id, { force: true })).toThrow(
      `conflict: unable to delete ${id.slice(7, 19)} (cannot be forced) - ` +
        `image is being used by running container ${user}`,
    );
    expect(world.images.remove('a', { force: true })).toEqual([{ Untagged: 'a:latest' }]);
    expect(world.images.find(id).repoTags).toEqual([]);
  });

  test('takes the digests of a repository with its last tag', async () => {
    registry.push('a:latest', { layers: [layer('a')] });
    await world.pull(`${registry.address}/a`);
    const { repoDigests } = world.images.find(`${registry.address}/a`);
    expect(world.images.remove(`${registry.address}/a`).slice(0, 2)).toEqual([
      { Untagged: `${registry.address}/a:latest` },
      { Untagged: repoDigests[0] },
    ]);
  });
});

describe('tag()', () => {
  test('adds a name, moves it, and tells when', async () => {
    const a = await bring('a');
    const b = await bring('b');
    world.images.tag('a', parseReference('n:v1'));
    expect(world.images.find('n:v1').id).toBe(a);
    world.images.tag('b', parseReference('n:v1'));
    expect(world.images.find('n:v1').id).toBe(b);
    expect(world.images.find(a).repoTags).toEqual(['a:latest']);
    expect(world.images.inspect(b).Metadata.LastTagTime).toMatch(/^20\d\d-.*Z$/);
    expect(world.events.at(-1)).toMatchObject({
      action: 'tag',
      actorId: b,
      attributes: { name: 'n:v1' },
    });
  });

  test('survives a restart', async () => {
    const id = await bring('a');
    world.images.tag('a', parseReference('n:v1'));
    await world.crash();
    await world.open();
    expect(world.images.find('n:v1')).toMatchObject({ id, repoTags: ['a:latest', 'n:v1'] });
  });
});

describe('list()', () => {
  test('is newest first, with sizes, shared and own', async () => {
    await bring('old', {
      created: '2020-01-01T00:00:00Z',
      layers: [layer('shared'), layer('old')],
    });
    await bring('new', {
      created: '2024-01-01T00:00:00Z',
      layers: [layer('shared'), layer('new')],
    });
    expect(list()).toMatchObject([
      { RepoTags: ['new:latest'], Created: 1_704_067_200, Size: 9, SharedSize: 6, Containers: 0 },
      { RepoTags: ['old:latest'], Size: 9, SharedSize: 6 },
    ]);
  });

  test('can be filtered', async () => {
    await bring('one', {
      created: '2020-01-01T00:00:00Z',
      config: { Labels: { tier: 'web', x: '' } },
    });
    await bring('two', { created: '2022-01-01T00:00:00Z' });
    await bring('three', { created: '2024-01-01T00:00:00Z' });
    const id = world.images.find('three').id;
    world.images.tag('two', parseReference('three'));
    expect(names({ label: ['tier=web'] })).toEqual(['one:latest']);
    expect(names({ label: ['x'] })).toEqual(['one:latest']);
    expect(names({ label: ['tier=db'] })).toEqual([]);
    expect(list({ dangling: ['true'] }).map((it) => it.Id)).toEqual([id]);
    expect(names({ dangling: ['false'] })).toHaveLength(3);
    expect(names({ before: ['two'] })).toEqual(['one:latest']);
    expect(names({ since: ['one'] })).toEqual(['three:latest', 'two:latest']);
    expect(names({ until: ['2021-01-01'] })).toEqual(['one:latest']);
    expect(names({ reference: ['t*'] })).toEqual(['three:latest', 'two:latest']);
    expect(names({ reference: ['two:*'] })).toEqual(['two:latest']);
    expect(() => list({ nonsense: ['x'] })).toThrow("invalid filter 'nonsense'");
  });
});

describe('prune()', () => {
  test('removes what has no name, and with dangling=false all that is unused', async () => {
    const used = await bring('used');
    use(used, false);
    await bring('unused');
    await bring('moved');
    const nameless = world.images.find('moved').id;
    world.images.tag('unused', parseReference('moved'));
    const first = world.images.prune(new Map());
    expect(first.deleted).toContainEqual({ Deleted: nameless });
    expect(first.reclaimedBytes).toBe('moved'.length);
    expect(names()).toEqual(expect.arrayContaining(['used:latest', 'unused:latest']));
    world.images.prune(new Map([['dangling', ['false']]]));
    expect(names()).toEqual(['used:latest']);
  });
});

describe('inspect() and history()', () => {
  test('show what the configuration says', async () => {
    const id = await bring('a', { config: { Cmd: ['sh'], ExposedPorts: { '80/tcp': {} } } });
    expect(world.images.inspect('a')).toMatchObject({
      Id: id,
      RepoTags: ['a:latest'],
      Config: { Cmd: ['sh'], ExposedPorts: { '80/tcp': {} }, Entrypoint: null },
      Os: 'linux',
      Size: 1,
      RootFS: { Type: 'layers', Layers: world.images.find('a').diffIds },
      GraphDriver: { Name: 'overlay2' },
    });
    expect(world.images.history('a')).toMatchObject([{ Id: id, Size: 1, Tags: ['a:latest'] }]);
  });
});

describe('import()', () => {
  const never = new AbortController().signal;
  async function* pieces(bytes: Buffer) {
    for (let at = 0; at < bytes.length; at += 700) yield bytes.subarray(at, at + 700);
  }
  const request = { reference: parseReference('i:v1'), message: '', changes: [], platform: '' };

  test.each([
    ['plain', (bytes: Buffer) => bytes],
    ['gzip', gzipSync],
    ['xz', (input: Buffer) => execFileSync('xz', ['-c'], { input })],
    ['bzip2', (input: Buffer) => execFileSync('bzip2', ['-c'], { input })],
  ])('makes an image of a %s archive', async (_, pack) => {
    const archive = pieces(pack(writeTar([{ name: 'file', content: 'imported' }])));
    const id = await world.images.import({ ...request, archive }, never);
    expect(world.images.find('i:v1')).toMatchObject({ id, sizeBytes: 8 });
    expect(readFileSync(join(world.layersOf('i:v1')[0] ?? '', 'file'), 'utf8')).toBe('imported');
    expect(world.events.at(-1)).toMatchObject({ action: 'import', actorId: id });
  });

  test('applies changes', async () => {
    const changes = [
      'CMD ["/bin/sh", "-c"]',
      'ENTRYPOINT /run me',
      'ENV A=1 B="two words"',
      'env C three four',
      'EXPOSE 80 53/udp',
      'LABEL a.b=c "d e"=f',
      'USER 1000:50',
      'VOLUME /data /logs',
      'WORKDIR /srv',
      'WORKDIR app',
      'ONBUILD RUN x',
    ];
    const archive = pieces(writeTar([{ name: 'f' }]));
    await world.images.import({ ...request, archive, changes, message: 'why' }, never);
    expect(world.images.inspect('i:v1')).toMatchObject({
      Comment: 'why',
      Config: {
        Cmd: ['/bin/sh', '-c'],
        Entrypoint: ['/bin/sh', '-c', '/run me'],
        Env: ['A=1', 'B=two words', 'C=three four'],
        ExposedPorts: { '80/tcp': {}, '53/udp': {} },
        Labels: { 'a.b': 'c', 'd e': 'f' },
        User: '1000:50',
        Volumes: { '/data': {}, '/logs': {} },
        WorkingDir: '/srv/app',
        OnBuild: ['RUN x'],
      },
    });
  });

  test('refuses what is no change and what is no archive, and leaves nothing', async () => {
    const archive = () => pieces(Buffer.alloc(5000, 'not a tar'));
    const wrong = { ...request, archive: archive(), changes: ['FROM x'] };
    await expect(world.images.import(wrong, never)).rejects.toThrow(
      'from is not a valid change command',
    );
    await expect(world.images.import({ ...request, archive: archive() }, never)).rejects.toThrow(
      'invalid tar',
    );
    expect(world.onDisk()).toEqual({ layers: 0, blobs: 0, ingests: 0 });
  });
});

test('a list of 1,000 images takes milliseconds', async () => {
  await bring('a');
  for (let index = 0; index < 1000; index++)
    world.images.tag('a', parseReference(`many/n${index}`));
  const before = performance.now();
  expect(list()[0]?.RepoTags).toHaveLength(1001);
  expect(performance.now() - before).toBeLessThan(200);
});
