/** Pulling from registries that behave and from ones that do not. */
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  readFileSync,
  readdirSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { blobOf, buildImage } from '../../../test/support/image-layout.ts';
import { writeTar } from '../../../test/support/tar-writer.ts';
import { parseReference } from '../../formats/reference.ts';
import { FaultyRegistry, refuse } from './testing/faulty-registry.ts';
import { ImageWorld, stepsOf } from './testing/image-world.ts';

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

const name = (repository: string) => `${registry.address}/${repository}`;
const text = (content: string) => ({ files: [{ name: 'file', content }] });
/** A layer that does not compress: its blob has at least this many bytes. */
const noise = (bytes: number) => ({ files: [{ name: 'noise', content: randomBytes(bytes) }] });
const short = (digest: string) => digest.slice(7, 19);

describe('a pull', () => {
  test('brings in an image and tells each step', async () => {
    const image = registry.push('a/b:latest', { layers: [text('one'), noise(300_000)] });
    const lines = await world.pull(name('a/b'));
    expect(lines[0]).toEqual({ status: 'Pulling from a/b', id: 'latest' });
    const steps = stepsOf(lines, short(image.layers[0]?.digest ?? ''));
    expect(steps[0]).toBe('Pulling fs layer');
    expect(steps.slice(-4)).toEqual([
      'Verifying Checksum',
      'Download complete',
      'Extracting',
      'Pull complete',
    ]);
    expect(lines.slice(-2)).toEqual([
      { status: `Digest: ${image.manifest.digest}` },
      { status: `Status: Downloaded newer image for ${name('a/b')}:latest` },
    ]);
    const [lower = ''] = world.layersOf(name('a/b'));
    expect(readFileSync(join(lower, 'file'), 'utf8')).toBe('one');
    expect(world.images.find(name('a/b'))).toMatchObject({
      id: image.config.digest,
      repoTags: [`${name('a/b')}:latest`],
      repoDigests: [`${name('a/b')}@${image.manifest.digest}`],
      sizeBytes: 300_003,
    });
    expect(world.events.at(-1)).toMatchObject({
      type: 'image',
      action: 'pull',
      actorId: `${name('a/b')}:latest`,
      attributes: { name: name('a/b') },
    });
  });

  test('of what is here already fetches no layer again', async () => {
    registry.push('a:latest', { layers: [text('one')] });
    registry.push('b:latest', { layers: [text('one'), text('two')] });
    await world.pull(name('a'));
    expect((await world.pull(name('a'))).at(-1)?.status).toContain('Image is up to date for');
    const lines = await world.pull(name('b'));
    expect(lines.filter((line) => line.status === 'Already exists')).toHaveLength(1);
    expect(world.onDisk()).toMatchObject({ layers: 2, ingests: 0 });
  });

  test('moves a tag to the newer image', async () => {
    registry.push('a:latest', { layers: [text('old')] });
    await world.pull(name('a'));
    const old = world.images.find(name('a'));
    registry.push('a:latest', { layers: [text('new')] });
    await world.pull(name('a'));
    expect(world.images.find(name('a')).id).not.toBe(old.id);
    expect(world.images.get(old.id)?.repoTags).toEqual([]);
  });

  test('by digest gives the image no tag', async () => {
    const { manifest } = registry.push('a:latest', { layers: [text('one')] });
    await world.pull(`${name('a')}@${manifest.digest}`);
    expect(world.images.find(`${name('a')}@${manifest.digest}`)).toMatchObject({
      repoTags: [],
      repoDigests: [`${name('a')}@${manifest.digest}`],
    });
  });

  test('takes the image for the platform asked for', async () => {
    const of = (architecture: string) => ({ architecture, layers: [text(architecture)] });
    const [, riscv] = registry.pushList('many:latest', ['s390x', 'riscv64'].map(of));
    await world.pull(name('many'), { platform: 'linux/riscv64' });
    expect(world.images.find(name('many')).id).toBe(riscv?.config.digest);
    await expect(world.pull(name('many'), { platform: 'linux/mips' })).rejects.toMatchObject({
      code: 'not-found',
      message: 'no matching manifest for linux/mips in the manifest list entries',
    });
  });

  test('takes a lone image of any platform, and warns of one that was not asked for', async () => {
    registry.push('lone:latest', { architecture: 's390x', layers: [text('one')] });
    const lines = await world.pull(name('lone'), { platform: 'linux/amd64' });
    const mismatch = (reference: string) =>
      `image with reference ${reference} was found but does not match the specified platform: wanted linux/amd64, actual: linux/s390x`;
    expect(lines.at(-2)?.status).toMatch(/^Status: Downloaded newer image/);
    expect(lines.at(-1)).toEqual({ status: `WARNING: ${mismatch(name('lone'))}` });
    expect((await world.pull(name('lone'))).at(-1)?.status).toMatch(/^Status: /);
    expect(world.images.find(name('lone'), 's390x').architecture).toBe('s390x');
    expect(() => world.images.find(name('lone'), 'linux/amd64')).toThrow(mismatch(name('lone')));
  });

  test('asks nobody about a platform that is none', async () => {
    await expect(world.pull(name('any'), { platform: 'nonsense' })).rejects.toMatchObject({
      code: 'invalid-argument',
      message: '"nonsense": unknown operating system or architecture: invalid argument',
    });
    expect(registry.requests).toEqual([]);
  });

  test('says so before the first line when there is no such image', async () => {
    const request = { reference: parseReference(`${name('no')}:v9`), platform: '' };
    const lines = world.images.pull(request, new AbortController().signal);
    await expect(lines.next()).rejects.toMatchObject({
      code: 'not-found',
      message: `manifest for ${name('no')}:v9 not found: manifest unknown: manifest unknown`,
    });
  });

  test('tries again when the registry is busy, as it asks for', async () => {
    registry.push('a:latest', { layers: [text('one')] });
    let refusals = 2;
    registry.intercept = (_, response) => {
      if (refusals-- <= 0) return false;
      refuse(response, 503, 'UNAVAILABLE', 'busy');
      return true;
    };
    await world.pull(name('a'));
  });

  test('of the same image by many at once fetches each layer once', async () => {
    const image = registry.push('a:latest', { layers: [noise(2_000_000), text('one')] });
    const gate = Promise.withResolvers<void>();
    registry.gate = gate.promise;
    const config = image.config.digest;
    const pulls = [1, 2, 3, 4].map(() => world.pull(name('a')));
    gate.resolve();
    await Promise.all(pulls);
    for (const { digest } of image.layers) expect(registry.requestsFor(digest)).toHaveLength(1);
    expect(
      world.images.list({
        filters: new Map(),
        withSharedSize: false,
        withContainers: false,
        withManifests: false,
        all: false,
      }),
    ).toHaveLength(1);
    expect(world.images.find(config).id).toBe(config);
  });
});

describe('a pull that is cut off', () => {
  test('goes on where it stopped', async () => {
    const image = registry.push('a:latest', { layers: [noise(1_000_000)] });
    const digest = image.layers[0]?.digest ?? '';
    registry.cuts.set(digest, 400_000);
    await world.pull(name('a'));
    const [first, second] = registry.requestsFor(digest);
    expect(first?.range).toBeUndefined();
    expect(second?.range).toMatch(/^bytes=[1-9]\d+-$/);
    expect(world.onDisk()).toMatchObject({ layers: 1, ingests: 0 });
  });

  test('by a crash of the engine goes on after its restart', async () => {
    const image = registry.push('a:latest', { layers: [noise(1_000_000), text('small')] });
    const digest = image.layers[0]?.digest ?? '';
    registry.cuts.set(digest, 600_000);
    let cutOff: Promise<unknown> = Promise.resolve();
    const isCut = new Promise<void>((resolve) => {
      registry.intercept = (request, response) => {
        if (request.headers.range === undefined) return false;
        response.destroy();
        resolve();
        return true;
      };
    });
    cutOff = world.pull(name('a')).catch(() => {});
    await isCut;
    await world.crash();
    await cutOff;
    registry.intercept = () => false;
    registry.requests.length = 0;
    await world.open();
    expect(world.onDisk()).toMatchObject({ layers: 0 });
    await world.pull(name('a'));
    expect(registry.requestsFor(digest)[0]?.range).toMatch(/^bytes=[1-9]\d+-$/);
  });

  test('by its client ends at once, and leaves only what the next one goes on from', async () => {
    const image = registry.push('a:latest', { layers: [noise(1_000_000)] });
    registry.gate = new Promise(() => {});
    const client = new AbortController();
    const pull = world.pull(name('a'), {}, client.signal);
    await expect.poll(() => registry.requestsFor(image.config.digest).length).toBe(1);
    client.abort(new Error('gone'));
    await expect(pull).rejects.toThrow();
    expect(world.onDisk()).toMatchObject({ layers: 0, blobs: 0 });
    expect(() => world.images.find(name('a'))).toThrow('No such image');
  });

  test('fetches from the start when what it kept is damaged', async () => {
    const image = registry.push('a:latest', { layers: [noise(1_000_000)] });
    const layer = image.layers[0] as (typeof image.layers)[number];
    const ingest = world.content.ingest(layer.digest as never).path;
    writeFileSync(ingest, randomBytes(300_000));
    await world.pull(name('a'));
    expect(registry.requestsFor(layer.digest).map(({ range }) => range)).toContain(undefined);
    expect(world.onDisk()).toMatchObject({ ingests: 0 });
  });
});

describe('a pull that fails', () => {
  const leftovers = () => world.onDisk();

  test('because a layer is not what its digest says leaves nothing', async () => {
    const image = registry.push('a:latest', { layers: [text('genuine')] });
    const layer = image.layers[0] as (typeof image.layers)[number];
    const forged = Buffer.from(layer.bytes);
    forged[forged.length - 5] = (forged[forged.length - 5] ?? 0) ^ 1;
    registry.setBlob(layer.digest, forged);
    await expect(world.pull(name('a'))).rejects.toThrow();
    const other = gzipSync(writeTar([{ name: 'other' }]));
    registry.setBlob(
      layer.digest,
      Buffer.concat([other, Buffer.alloc(999)]).subarray(0, layer.bytes.length),
    );
    await expect(world.pull(name('a'))).rejects.toThrow();
    expect(leftovers()).toMatchObject({ layers: 0, ingests: 0 });
  });

  test('because a diff ID is wrong names the one it found', async () => {
    const image = buildImage({ layers: [text('x')] });
    const config = JSON.parse(image.config.bytes.toString()) as { rootfs: { diff_ids: string[] } };
    config.rootfs.diff_ids = [`sha256:${'0'.repeat(64)}`];
    const wrong = blobOf(Buffer.from(JSON.stringify(config)));
    const manifest = JSON.parse(image.manifest.bytes.toString()) as { config: object };
    manifest.config = { ...manifest.config, digest: wrong.digest, size: wrong.bytes.length };
    const bytes = Buffer.from(JSON.stringify(manifest));
    registry.pushManifest('a:latest', { ...blobOf(bytes), mediaType: image.manifest.mediaType });
    for (const { digest, bytes } of [wrong, ...image.layers]) registry.setBlob(digest, bytes);
    await expect(world.pull(name('a'))).rejects.toThrow(
      `wrong diff id calculated on extraction "${image.diffIds[0]}"`,
    );
    expect(leftovers()).toMatchObject({ layers: 0, ingests: 0 });
  });

  test('because a layer is larger than stated says so', async () => {
    const image = registry.push('a:latest', { layers: [text('x')] });
    const layer = image.layers[0] as (typeof image.layers)[number];
    registry.intercept = (request, response) => {
      if (!request.url?.endsWith(layer.digest)) return false;
      response.writeHead(200);
      response.end(Buffer.concat([layer.bytes, Buffer.alloc(100)]));
      return true;
    };
    await expect(world.pull(name('a'))).rejects.toThrow('larger than');
  });

  test('because the configuration lies about its layers says so', async () => {
    const image = buildImage({ layers: [text('x'), text('y')] });
    const manifest = JSON.parse(image.manifest.bytes.toString()) as { layers: object[] };
    manifest.layers.pop();
    const bytes = Buffer.from(JSON.stringify(manifest));
    registry.pushManifest('a:latest', { ...blobOf(bytes), mediaType: image.manifest.mediaType });
    registry.setBlob(image.config.digest, image.config.bytes);
    await expect(world.pull(name('a'))).rejects.toThrow(
      'the configuration names 2 layers, the manifest 1',
    );
  });

  test('with one layer good and one bad keeps the good one for the next attempt', async () => {
    const image = registry.push('a:latest', { layers: [noise(100_000), text('x')] });
    const [good, bad] = image.layers as [
      (typeof image.layers)[number],
      (typeof image.layers)[number],
    ];
    registry.intercept = (request, response) => {
      if (!request.url?.endsWith(bad.digest)) return false;
      void expect
        .poll(() => existsSync(world.content.pathOf(good.digest as never)))
        .toBe(true)
        .finally(() => refuse(response, 404, 'BLOB_UNKNOWN', 'gone'));
      return true;
    };
    await expect(world.pull(name('a'))).rejects.toThrow('blob unknown');
    expect(leftovers()).toMatchObject({ layers: 0, blobs: 0 });
    registry.intercept = () => false;
    registry.requests.length = 0;
    await world.pull(name('a'));
    expect(registry.requestsFor(good.digest)).toEqual([]);
  });

  test('schema 1 is refused with what to do', async () => {
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 1, name: 'old', tag: 'latest' }));
    const mediaType = 'application/vnd.docker.distribution.manifest.v1+prettyjws';
    registry.pushManifest('old:latest', { ...blobOf(bytes), mediaType });
    await expect(world.pull(name('old'))).rejects.toThrow(
      'push the image again with a current client',
    );
  });

  test('an endless manifest is given up on', async () => {
    registry.intercept = (_, response) => {
      const pour = () => {
        while (!response.destroyed && response.write(Buffer.alloc(1 << 20, ' ')));
      };
      response.on('drain', pour);
      pour();
      return true;
    };
    await expect(world.pull(name('a'))).rejects.toThrow('larger than');
  });
});

describe('after an unclean boot', () => {
  test('layers are unpacked again from their blobs, without the registry', async () => {
    registry.push('a:latest', { layers: [text('one'), text('two')] });
    await world.pull(name('a'));
    await world.crash();
    await world.open('boot-2');
    registry.requests.length = 0;
    const image = world.images.find(name('a'));
    expect(world.snapshotter.has(image.diffIds[0] as never)).toBe(false);
    await world.images.ensureUnpacked(image);
    expect(
      world.layersOf(name('a')).map((path) => readFileSync(join(path, 'file'), 'utf8')),
    ).toEqual(['one', 'two']);
    expect(registry.requests).toEqual([]);
  });

  test('a clean stop spares them that', async () => {
    registry.push('a:latest', { layers: [text('one')] });
    await world.pull(name('a'));
    await world.stop();
    await world.open('boot-2');
    expect(world.snapshotter.has(world.images.find(name('a')).diffIds[0] as never)).toBe(true);
  });

  test('a damaged blob is named, and the next pull heals it', async () => {
    const image = registry.push('a:latest', { layers: [noise(50_000)] });
    await world.pull(name('a'));
    const digest = image.layers[0]?.digest as never;
    await world.crash();
    truncateSync(world.content.pathOf(digest), 40_000);
    await world.open('boot-2');
    await expect(world.images.ensureUnpacked(world.images.find(name('a')))).rejects.toThrow();
    await world.pull(name('a'));
    await world.images.ensureUnpacked(world.images.find(name('a')));
    expect(lstatSync(join(world.layersOf(name('a'))[0] ?? '', 'noise')).size).toBe(50_000);
  });
});

test('what nobody refers to is removed at start', async () => {
  registry.push('a:latest', { layers: [text('one')] });
  await world.pull(name('a'));
  world.snapshotter.beginUnpack();
  writeFileSync(world.content.ingestUnknown().path, 'left');
  await world.crash();
  await world.open();
  expect(readdirSync(join(world.folder, 'snapshots/layers'))).toHaveLength(1);
  expect(world.onDisk()).toMatchObject({ layers: 1, ingests: 0, blobs: 3 });
});
