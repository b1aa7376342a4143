/** What is damaged or missing on disk is noticed, named, and healed by the next pull. */
import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ImageLayout } from '../../../test/support/image-layout.ts';
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
  const text = (content: string) => ({ files: [{ name: 'file', content }] });
  image = registry.push('a:latest', { layers: [text('one'), text('two')] });
  await world.pull(name);
  registry.requests.length = 0;
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
});

const layerBlob = () => image.layers[0]?.digest as Digest;
const fetched = () =>
  registry.requests.map(({ path }) => path).filter((path) => path.includes('/blobs/'));

/** Changes one byte and nothing else. */
function flip(digest: Digest): void {
  const path = world.content.pathOf(digest);
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

/** Every layer's content is right, and every blob is whole. */
async function expectSound(): Promise<void> {
  await world.images.ensureUnpacked(world.images.find(name));
  const files = world.layersOf(name).map((path) => readFileSync(join(path, 'file'), 'utf8'));
  expect(files).toEqual(['one', 'two']);
  const saved = await Array.fromAsync(world.images.save([name]));
  expect(Buffer.concat(saved).length).toBeGreaterThan(0);
  expect(world.content.listDamaged()).toEqual([]);
  expect(world.onDisk()).toEqual({ layers: 2, blobs: 4, ingests: 0 });
}

describe('a pull of an image that is here', () => {
  test('fetches nothing while all is well', async () => {
    await world.pull(name);
    expect(fetched()).toEqual([]);
  });

  test.each<[string, (path: string) => void]>([
    ['is missing', (path) => rmSync(path)],
    ['was cut off', (path) => truncateSync(path, 40)],
    ['is empty', (path) => truncateSync(path, 0)],
  ])('fetches a layer again whose blob %s, and no other', async (_, spoil) => {
    spoil(world.content.pathOf(layerBlob()));
    await world.pull(name);
    expect(fetched()).toEqual([`/v2/a/blobs/${layerBlob()}`]);
    await expectSound();
  });

  test('fetches a layer again whose blob was found damaged before, also across a restart', async () => {
    flip(layerBlob());
    await expect(Array.fromAsync(world.images.save([name]))).rejects.toThrow(
      `blob ${layerBlob()} is damaged on disk`,
    );
    await world.stop();
    await world.open();
    expect(world.content.listDamaged()).toEqual([layerBlob()]);
    expect(() => world.images.save([name])).toThrow(layerBlob());
    await world.pull(name);
    await expectSound();
  });

  test.each<[string, () => string]>([
    ['configuration', () => image.config.digest],
    ['manifest', () => image.manifest.digest],
  ])('replaces a damaged %s', async (_, digestOf) => {
    truncateSync(world.content.pathOf(digestOf() as Digest), 10);
    await world.pull(name);
    expect(world.images.inspect(name).Id).toBe(image.config.digest);
    await expectSound();
  });

  test('unpacks a layer again whose directory is gone, from its blob', async () => {
    rmSync(world.layersOf(name)[1] ?? '', { recursive: true });
    await world.pull(name);
    expect(fetched()).toEqual([]);
    await expectSound();
  });
});

test('a container finds its layers again whose directories are gone, without a registry', async () => {
  for (const path of world.layersOf(name)) rmSync(path, { recursive: true });
  await world.images.ensureUnpacked(world.images.find(name));
  expect(registry.requests).toEqual([]);
  await expectSound();
});

test('what can be unpacked from nothing is named', async () => {
  rmSync(world.layersOf(name)[0] ?? '', { recursive: true });
  rmSync(world.content.pathOf(layerBlob()));
  await world.stop();
  await world.open();
  await expect(world.images.ensureUnpacked(world.images.find(name))).rejects.toThrow(
    `layer ${layerBlob()} is missing: pull the image again`,
  );
  await world.pull(name);
  await expectSound();
});

test('an image that is removed while it is saved is saved whole, and gone afterwards', async () => {
  const archive = world.images.save([name])[Symbol.asyncIterator]();
  const pieces = [(await archive.next()).value as Buffer];
  world.images.remove(name);
  expect(() => world.images.find(name)).toThrow('No such image');
  for (let next = await archive.next(); !next.done; next = await archive.next())
    pieces.push(next.value);
  const saved = Buffer.concat(pieces);
  for (const { bytes } of image.layers) expect(saved.includes(bytes)).toBe(true);
  await world.images.freed();
  expect(world.onDisk()).toEqual({ layers: 0, blobs: 0, ingests: 0 });
  expect(world.events.map(({ action }) => action)).toEqual(['pull', 'untag', 'delete', 'save']);
});

test('a save that is given up lets go of the image', async () => {
  const archive = world.images.save([name])[Symbol.asyncIterator]();
  await archive.next();
  world.images.remove(name);
  await archive.return?.();
  await world.images.freed();
  expect(world.onDisk()).toEqual({ layers: 0, blobs: 0, ingests: 0 });
});

test('of a blob that is damaged a save says so before its first byte', async () => {
  flip(layerBlob());
  await expect(Array.fromAsync(world.images.save([name]))).rejects.toThrow(layerBlob());
  expect(() => world.images.save([name])).toThrow(`blob ${layerBlob()} is damaged on disk`);
});

test('removing the image removes its damaged blobs too', async () => {
  flip(layerBlob());
  await expect(Array.fromAsync(world.images.save([name]))).rejects.toThrow('damaged');
  world.images.remove(name);
  await world.images.freed();
  expect(world.content.listDamaged()).toEqual([]);
  expect(existsSync(join(world.folder, 'content/damaged', layerBlob().slice(7)))).toBe(false);
});
