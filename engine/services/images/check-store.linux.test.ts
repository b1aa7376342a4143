/** The scrub finds what is wrong, names it, and marks it so that a pull heals it. */
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ImageLayout } from '../../../test/support/image-layout.ts';
import type { StoreCheckMessage } from '../../contract/store.ts';
import type { Digest } from '../../formats/digest.ts';
import { FaultyRegistry } from './testing/faulty-registry.ts';
import { ImageWorld } from './testing/image-world.ts';

let world: ImageWorld;
let registry: FaultyRegistry;
let image: ImageLayout;
let name: string;
beforeEach(async () => {
  world = await ImageWorld.create();
  registry = await FaultyRegistry.start();
  name = `${registry.address}/a`;
  image = registry.push('a:latest', {
    layers: [
      {
        files: [
          { name: 'dir', type: 'directory', mode: 0o750 },
          { name: 'dir/file', content: 'content', uid: 5, gid: 6, mode: 0o4755 },
          { name: 'twice', content: 'first' },
          { name: 'twice', content: 'second' },
          { name: 'becomes/file', content: 'x' },
          { name: 'becomes', content: 'a file' },
          { name: 'link', type: 'symlink', link: 'dir/file' },
          { name: 'hard', type: 'hardlink', link: 'dir/file' },
          { name: 'device', type: 'character-device', device: [1, 3] },
          { name: 'pipe', type: 'fifo' },
          { name: '.wh.gone' },
          { name: 'dir/.wh..wh..opq' },
          { name: 'link-to-dir', type: 'symlink', link: 'dir' },
          { name: 'link-to-dir/through', content: 'y' },
        ],
      },
      { compression: 'zstd', files: [{ name: 'top', content: 'top' }] },
    ],
  });
  await world.pull(name);
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
});

async function check(): Promise<StoreCheckMessage[]> {
  return await Array.fromAsync(world.images.check(new AbortController().signal));
}
const problems = async () =>
  (await check()).flatMap((message) => (message.kind === 'problem' ? [message] : []));
const blobOf = (index: number) => image.layers[index]?.digest as Digest;
const directory = () => world.layersOf(name)[0] ?? '';

test('of a sound store has nothing to say', async () => {
  const messages = await check();
  const bytes = image.layers.reduce((sum, layer) => sum + layer.bytes.length, 0);
  expect(messages.filter(({ kind }) => kind !== 'progress')).toEqual([
    {
      kind: 'done',
      blobs: 4,
      layers: 2,
      bytes: bytes + image.config.bytes.length + image.manifest.bytes.length,
      problems: 0,
      leftovers: 0,
    },
  ]);
});

test.each<[string, () => Digest]>([
  ['layer', () => blobOf(0)],
  ['zstd layer', () => blobOf(1)],
  ['configuration', () => image.config.digest as Digest],
  ['manifest', () => image.manifest.digest as Digest],
])('finds one byte that changed in a %s, names it, and the next pull heals it', async (_, of) => {
  const path = world.content.pathOf(of());
  const bytes = readFileSync(path);
  bytes[bytes.length - 3] = (bytes[bytes.length - 3] ?? 0) ^ 1;
  writeFileSync(path, bytes);
  expect(await problems()).toEqual([
    {
      kind: 'problem',
      problem: 'damaged-blob',
      digest: of(),
      message: expect.stringMatching(`^blob ${of()} holds sha256:.*: pull the image again$`),
      images: [`${name}:latest`],
    },
  ]);
  expect(await problems()).toMatchObject([{ problem: 'damaged-blob', digest: of() }]);
  await world.pull(name);
  expect(await problems()).toEqual([]);
});

test('finds blobs that are cut off or gone', async () => {
  truncateSync(world.content.pathOf(blobOf(0)), 30);
  rmSync(world.content.pathOf(blobOf(1)));
  expect(
    (await problems()).map(({ problem, digest }) => `${problem} ${digest}`).toSorted(),
  ).toEqual([`damaged-blob ${blobOf(0)}`, `missing-blob ${blobOf(1)}`]);
  await world.pull(name);
  expect(await problems()).toEqual([]);
});

test.each<[string, (path: string) => void]>([
  ['has other bytes', (path) => writeFileSync(join(path, 'dir/file'), 'CONTENT')],
  ['is longer', (path) => appendFileSync(join(path, 'twice'), 'x')],
  ['has another mode', (path) => chmodSync(join(path, 'dir/file'), 0o644)],
  ['is gone', (path) => rmSync(join(path, 'device'))],
  ['is gone with all it had', (path) => rmSync(join(path, 'dir'), { recursive: true })],
])('finds a file of a layer that %s, and has it unpacked again', async (_, spoil) => {
  spoil(directory());
  const diffId = image.diffIds[0] as string;
  expect(await problems()).toMatchObject([
    {
      problem: 'damaged-layer',
      digest: diffId,
      message: expect.stringMatching(`^layer ${diffId} differs from its blob in \\d+ files: /`),
    },
  ]);
  await world.images.ensureUnpacked(world.images.find(name));
  expect(await problems()).toEqual([]);
  expect(readFileSync(join(directory(), 'dir/file'), 'utf8')).toBe('content');
});

test('leaves a damaged layer where it is while a container stands on it', async () => {
  const imageId = world.images.find(name).id;
  world.users.push({ imageId, id: 'c', name: 'user', running: true });
  writeFileSync(join(directory(), 'dir/file'), 'CONTENT');
  expect((await problems())[0]?.message).toContain('containers stand on it');
  expect(readFileSync(join(directory(), 'dir/file'), 'utf8')).toBe('CONTENT');
});

test('finds a layer whose directory is gone', async () => {
  rmSync(directory(), { recursive: true });
  expect(await problems()).toMatchObject([{ problem: 'missing-layer', digest: image.diffIds[0] }]);
});

test('does not follow links out of a layer', async () => {
  const outside = join(world.folder, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'file'), 'content');
  rmSync(join(directory(), 'dir'), { recursive: true });
  symlinkSync(outside, join(directory(), 'dir'));
  expect(await problems()).toMatchObject([{ problem: 'damaged-layer' }]);
});
