/** The layer explorer: what each step did to the files, and what of it nobody sees any more. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TarEntry } from '../../../test/support/tar-writer.ts';
import type { ImageStep } from '../../contract/store.ts';
import { FaultyRegistry } from './testing/faulty-registry.ts';
import { ImageWorld } from './testing/image-world.ts';

let world: ImageWorld;
let registry: FaultyRegistry;
const never = new AbortController().signal;
beforeEach(async () => {
  world = await ImageWorld.create();
  registry = await FaultyRegistry.start();
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
});

async function bring(...layers: TarEntry[][]): Promise<string> {
  registry.push('a:latest', { layers: layers.map((files) => ({ files })) });
  await world.pull(`${registry.address}/a`);
  return `${registry.address}/a`;
}

const layersOf = async (name: string): Promise<NonNullable<ImageStep['layer']>[]> => {
  const { steps } = await world.images.layersOf(name, never);
  return steps.flatMap(({ layer }) => layer ?? []);
};
const filesOf = (name: string, index: number, rest = {}) =>
  world.images.layerFiles(
    name,
    { index, change: undefined, offset: undefined, limit: undefined, ...rest },
    never,
  );
const file = (name: string, bytes: number): TarEntry => ({ name, content: 'x'.repeat(bytes) });

test('each layer tells what it added, changed and removed, and what later ones made of it', async () => {
  const name = await bring(
    [file('kept', 10), file('changed', 100), file('removed', 1000), file('dir/inside', 5)],
    [file('changed', 50), { name: '.wh.removed' }, file('new', 7)],
    [file('changed', 60), { name: '.wh.dir' }],
  );
  const [first, second, third] = await layersOf(name);
  expect(first).toMatchObject({
    index: 0,
    sizeBytes: 1115,
    added: { files: 4, bytes: 1115 },
    changed: { files: 0, bytes: 0 },
    removed: { files: 0, bytes: 0 },
    wastedBytes: 1105,
  });
  expect(second).toMatchObject({
    added: { files: 1, bytes: 7 },
    changed: { files: 1, bytes: 50, previousBytes: 100 },
    removed: { files: 1, bytes: 1000 },
    wastedBytes: 50,
  });
  expect(third).toMatchObject({
    changed: { files: 1, bytes: 60, previousBytes: 50 },
    removed: { files: 1, bytes: 5 },
    wastedBytes: 0,
  });
  expect(await world.images.layersOf(name, never)).toMatchObject({
    sizeBytes: 1115 + 57 + 60,
    wastedBytes: 1155,
    steps: [
      { command: expect.stringMatching(/^add sha256:/), created: '2024-01-02T03:04:05Z' },
      {},
      {},
    ],
  });
  expect(await filesOf(name, 2)).toEqual({
    total: 2,
    files: [
      { path: '/changed', change: 'changed', bytes: 60, previousBytes: 50 },
      { path: '/dir/inside', change: 'removed', bytes: 5 },
    ],
  });
});

test('a directory made opaque or replaced by a file loses all that was in it', async () => {
  const name = await bring(
    [file('a/one', 1), file('a/b/two', 2), file('c/three', 3)],
    [{ name: 'a', type: 'directory' }, { name: 'a/.wh..wh..opq' }, file('a/one', 4), file('c', 8)],
  );
  const [first, second] = await layersOf(name);
  expect(second).toMatchObject({
    added: { files: 2, bytes: 12 },
    changed: { files: 0 },
    removed: { files: 3, bytes: 6 },
  });
  expect(first?.wastedBytes).toBe(6);
});

test('data with several names counts once, and is wasted with the last of them', async () => {
  const name = await bring(
    [file('data', 500), { name: 'again', type: 'hardlink', link: 'data' }],
    [{ name: '.wh.data' }],
    [{ name: '.wh.again' }],
  );
  const wasted = (await layersOf(name)).map((layer) => layer.wastedBytes);
  expect(wasted).toEqual([500, 0, 0]);
  registry.push('b:latest', {
    layers: [
      { files: [file('data', 500), { name: 'again', type: 'hardlink', link: 'data' }] },
      { files: [{ name: '.wh.data' }] },
    ],
  });
  await world.pull(`${registry.address}/b`);
  const [first] = await layersOf(`${registry.address}/b`);
  expect(first).toMatchObject({ added: { files: 2, bytes: 500 }, wastedBytes: 0 });
});

test('long lists come in pages, largest first, of one kind if asked', async () => {
  const many = Array.from({ length: 25 }, (_, index) => file(`f${index}`, index));
  const name = await bring([file('gone', 3)], [...many, { name: '.wh.gone' }]);
  const first = await filesOf(name, 1, { limit: 10 });
  expect([first.total, first.files.length, first.files[0]?.path]).toEqual([26, 10, '/f24']);
  const last = await filesOf(name, 1, { limit: 10, offset: 20 });
  expect(last.files.at(-1)).toMatchObject({ path: '/f0', bytes: 0 });
  expect(await filesOf(name, 1, { change: 'removed' })).toMatchObject({ total: 1 });
  await expect(filesOf(name, 9)).rejects.toMatchObject({ code: 'not-found' });
  await expect(filesOf(name, 1, { limit: 100_000 })).rejects.toMatchObject({
    code: 'invalid-argument',
  });
});

test('a client that leaves ends the walk, and the next one is answered', async () => {
  const name = await bring([file('a', 1)]);
  const client = new AbortController();
  const answer = world.images.layersOf(name, client.signal);
  client.abort(new Error('gone'));
  await expect(answer).rejects.toThrow();
  expect(await layersOf(name)).toHaveLength(1);
});
