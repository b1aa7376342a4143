/** Registries that lie, stall, and pour: what they try fails with a reason, and harms no other image. */
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { blobOf, type Blob, type ImageLayout } from '../../../test/support/image-layout.ts';
import type { Digest } from '../../formats/digest.ts';
import { MEDIA_TYPE } from '../../formats/manifest.ts';
import { FaultyRegistry, refuse } from './testing/faulty-registry.ts';
import { ImageWorld } from './testing/image-world.ts';

let world: ImageWorld;
let registry: FaultyRegistry;
beforeEach(async () => {
  world = await ImageWorld.create({ silenceMs: 400 });
  registry = await FaultyRegistry.start();
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
});

const name = (repository: string) => `${registry.address}/${repository}`;
const text = (content: string) => ({ files: [{ name: 'file', content }] });
const noise = (bytes: number) => ({ files: [{ name: 'noise', content: randomBytes(bytes) }] });
const json = (value: unknown) => blobOf(Buffer.from(JSON.stringify(value)));
const NO_SUCH = `sha256:${'0'.repeat(64)}`;

/** An image whose manifest says whatever the test wants. */
function pushForged(
  config: Blob & { size?: number },
  layers: readonly (Blob & { type?: string })[],
) {
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA_TYPE.ociManifest,
      config: {
        mediaType: MEDIA_TYPE.ociConfig,
        digest: config.digest,
        size: config.size ?? config.bytes.length,
      },
      layers: layers.map(({ digest, bytes: content, type }) => ({
        mediaType: type ?? MEDIA_TYPE.ociLayerGzip,
        digest,
        size: content.length,
      })),
    }),
  );
  for (const { digest, bytes: content } of [config, ...layers]) registry.setBlob(digest, content);
  registry.pushManifest('evil:latest', { ...blobOf(bytes), mediaType: MEDIA_TYPE.ociManifest });
}

function configOf(diffIds: readonly string[], more: object = {}): Blob {
  return json({
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: diffIds },
    ...more,
  });
}

describe('a manifest that names what belongs to another image', () => {
  let good: ImageLayout;
  let layer: Blob;
  beforeEach(async () => {
    good = registry.push('good:latest', { layers: [text('mine'), noise(50_000)] });
    layer = good.layers[0] as Blob;
    await world.pull(name('good'));
  });

  test.each<[string, () => void]>([
    ['layer as its configuration', () => pushForged(layer, [])],
    ['manifest as its configuration', () => pushForged(good.manifest, [])],
    ['layer, with another diff ID', () => pushForged(configOf([NO_SUCH]), [layer])],
    ['configuration as a layer', () => pushForged(configOf([NO_SUCH]), [good.config])],
    ['manifest as a layer', () => pushForged(configOf([NO_SUCH]), [good.manifest])],
    [
      'diff ID for a layer of its own',
      () => pushForged(configOf([good.diffIds[0] as string]), [other]),
    ],
  ])('(its %s) fails, and leaves that image whole', async (_, forge) => {
    forge();
    const before = world.onDisk();
    await expect(world.pull(name('evil'))).rejects.toThrow();
    expect(world.onDisk()).toMatchObject({ ...before, ingests: expect.any(Number) as number });
    expect(world.content.listDamaged()).toEqual([]);
    for (const { digest } of [good.config, good.manifest, ...good.layers])
      expect(world.content.has(digest as Digest)).toBe(true);
    for await (const piece of world.images.save([name('good')])) void piece;
    registry.requests.length = 0;
    await world.pull(name('good'));
    expect(registry.requests.filter(({ path }) => path.includes('/blobs/'))).toEqual([]);
  });

  const other = blobOf(Buffer.alloc(1024));
});

describe('a pull fails with a reason', () => {
  test('when the configuration is stated to be huge, before it is fetched', async () => {
    pushForged({ ...configOf([]), size: 100 << 20 }, []);
    await expect(world.pull(name('evil'))).rejects.toThrow('is larger than 8388608 bytes');
    expect(registry.requests.filter(({ path }) => path.includes('/blobs/'))).toEqual([]);
  });

  test('when the configuration turns out huge', async () => {
    const config = configOf([]);
    pushForged(config, []);
    registry.setBlob(config.digest, Buffer.alloc(100 << 20, ' '));
    await expect(world.pull(name('evil'))).rejects.toThrow(
      `configuration ${config.digest} is larger than 8388608 bytes`,
    );
  });

  test('when the manifest is huge', async () => {
    const mediaType = MEDIA_TYPE.ociManifest;
    registry.pushManifest('evil:latest', {
      bytes: Buffer.alloc(100 << 20, ' '),
      digest: NO_SUCH,
      mediaType,
    });
    await expect(world.pull(name('evil'))).rejects.toThrow('the manifest is larger than');
  });

  test('when the configuration is nested deep', async () => {
    const depth = 200_000;
    const bytes = configOf([], { config: { deep: 'X' } })
      .bytes.toString()
      .replace('"X"', '['.repeat(depth) + ']'.repeat(depth));
    pushForged(blobOf(Buffer.from(bytes)), []);
    await expect(world.pull(name('evil'))).rejects.toThrow('nested more than 200 deep');
  });

  test('when it is a chart, or a layer is of a kind nobody knows', async () => {
    pushForged(configOf([NO_SUCH]), [{ ...blobOf(Buffer.from('x')), type: 'application/x-odd' }]);
    await expect(world.pull(name('evil'))).rejects.toThrow(
      'unsupported media type "application/x-odd" of layer',
    );
  });

  test('when lists lie in lists without end', async () => {
    const image = registry.push('image:latest', { layers: [text('deep')] });
    let inner: Blob & { mediaType: string } = image.manifest;
    const pushed = [];
    for (let depth = 0; depth < 6; depth++) {
      const list = json({
        schemaVersion: 2,
        mediaType: MEDIA_TYPE.ociIndex,
        manifests: [{ mediaType: inner.mediaType, digest: inner.digest, size: inner.bytes.length }],
      });
      inner = { ...list, mediaType: MEDIA_TYPE.ociIndex };
      pushed.push(inner);
      registry.pushManifest(`lists-${depth}:latest`, inner);
    }
    await world.pull(name('lists-1'));
    expect(world.images.find(name('lists-1')).id).toBe(image.config.digest);
    await expect(world.pull(name('lists-5'))).rejects.toThrow('more than 4 deep');
  });

  test('when it is asked to come back in an hour', async () => {
    registry.intercept = (_, response) => {
      refuse(response, 429, 'TOOMANYREQUESTS', 'slow down', { 'retry-after': '3600' });
      return true;
    };
    await expect(world.pull(name('a'))).rejects.toThrow('toomanyrequests: slow down');
    expect(registry.requests).toHaveLength(1);
  });

  test('when the registry stays busy', async () => {
    const image = registry.push('a:latest', { layers: [noise(1000)] });
    registry.intercept = (request, response) => {
      if (!request.url?.endsWith(image.layers[0]?.digest ?? '')) return false;
      refuse(response, 503, 'UNAVAILABLE', 'busy', { 'retry-after': '0' });
      return true;
    };
    await expect(world.pull(name('a'))).rejects.toThrow('unexpected status from the registry: 503');
    expect(registry.requestsFor(image.layers[0]?.digest ?? '')).toHaveLength(5);
  });

  test('when a layer is shorter than stated', async () => {
    const image = registry.push('a:latest', { layers: [noise(1000)] });
    const layer = image.layers[0] as Blob;
    registry.intercept = (request, response) => {
      if (!request.url?.endsWith(layer.digest)) return false;
      const isFirst = request.headers.range === undefined;
      response.writeHead(isFirst ? 200 : 416, { 'retry-after': '0' });
      response.end(isFirst ? layer.bytes.subarray(0, 500) : '');
      return true;
    };
    await expect(world.pull(name('a'))).rejects.toThrow('unexpected status from the registry: 416');
    expect(world.onDisk()).toMatchObject({ layers: 0, blobs: 0, ingests: 0 });
  });
});

test('a layer that stalls is asked for again from where it stopped', async () => {
  const image = registry.push('a:latest', { layers: [noise(300_000)] });
  const layer = image.layers[0] as Blob;
  registry.intercept = (request, response) => {
    if (!request.url?.endsWith(layer.digest) || request.headers.range !== undefined) return false;
    response.writeHead(200, { 'content-length': layer.bytes.length });
    response.write(layer.bytes.subarray(0, 100_000)); // and nothing more
    return true;
  };
  await world.pull(name('a'));
  expect(registry.requestsFor(layer.digest).map(({ range }) => range)).toEqual([
    undefined,
    'bytes=100000-',
  ]);
});

test('a manifest that stalls is asked for again', async () => {
  registry.push('a:latest', { layers: [text('x')] });
  let stalls = 1;
  registry.intercept = (_, response) => {
    if (stalls-- <= 0) return false;
    response.writeHead(200, { 'content-length': 1000 });
    response.flushHeaders();
    return true;
  };
  await world.pull(name('a'));
});

describe('a mirror', () => {
  test.each<[string, (mirror: FaultyRegistry, layer: Blob) => void]>([
    ['lacks a layer', () => {}],
    [
      'has other bytes',
      (mirror, layer) => mirror.setBlob(layer.digest, Buffer.alloc(layer.bytes.length)),
    ],
    [
      'has too many bytes',
      (mirror, layer) =>
        mirror.setBlob(layer.digest, Buffer.concat([layer.bytes, Buffer.alloc(9)])),
    ],
  ])('that has the manifest and %s is not the end of a pull', async (_, spoil) => {
    await using mirror = await FaultyRegistry.start();
    await using mirrored = await ImageWorld.create({
      mirrors: { [registry.address]: [`http://${mirror.address}`] },
    });
    const image = registry.push('a:latest', { layers: [text('one'), noise(10_000)] });
    mirror.pushManifest('a:latest', image.manifest);
    mirror.setBlob(image.layers[0]?.digest ?? '', image.layers[0]?.bytes as Buffer);
    spoil(mirror, image.layers[1] as Blob);
    await mirrored.pull(name('a'));
    expect(mirrored.images.find(name('a')).id).toBe(image.config.digest);
    expect(registry.requestsFor(image.layers[0]?.digest ?? '')).toEqual([]);
    expect(registry.requestsFor(image.layers[1]?.digest ?? '')).toHaveLength(1);
  });
});

describe('a layer that lies elsewhere', () => {
  const foreign = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';

  async function pushForeign(mayBePlain: boolean, elsewhere: FaultyRegistry) {
    await using cautious = await ImageWorld.create({
      insecure: mayBePlain ? [elsewhere.address] : [],
    });
    const image = registry.push('a:latest', { layers: [text('far')] });
    const layer = image.layers[0] as Blob;
    const manifest = JSON.parse(image.manifest.bytes.toString()) as { layers: object[] };
    const urls = ['ftp://x/', `http://${elsewhere.address}/v2/far/blobs/${layer.digest}`];
    manifest.layers = [{ ...manifest.layers[0], mediaType: foreign, urls }];
    registry.pushManifest('far:latest', { ...json(manifest), mediaType: image.manifest.mediaType });
    registry.intercept = (request, response) => {
      if (!request.url?.endsWith(layer.digest)) return false;
      refuse(response, 404, 'BLOB_UNKNOWN', 'not here');
      return true;
    };
    elsewhere.setBlob(layer.digest, layer.bytes);
    await cautious.pull(name('far'));
  }

  test('is fetched from there, without credentials', async () => {
    await using elsewhere = await FaultyRegistry.start();
    await pushForeign(true, elsewhere);
    expect(elsewhere.requests).toMatchObject([{ authorization: undefined }]);
  });

  test('is not fetched from services of this machine that nobody configured', async () => {
    await using elsewhere = await FaultyRegistry.start();
    await expect(pushForeign(false, elsewhere)).rejects.toThrow('blob unknown to registry');
    expect(elsewhere.requests).toEqual([]);
  });
});

test('layers beyond the limit wait, and say so', async () => {
  const layers = Array.from({ length: 6 }, () => noise(2000));
  const image = registry.push('a:latest', { layers });
  const gate = Promise.withResolvers<void>();
  registry.gate = gate.promise;
  // The configuration comes first, and through the same gate.
  registry.intercept = (request) => {
    if (request.url?.endsWith(image.config.digest)) registry.gate = Promise.resolve();
    else if (request.url?.includes('/blobs/')) registry.gate = gate.promise;
    return false;
  };
  const pull = world.pull(name('a'));
  const blobRequests = () => registry.requests.filter(({ path }) => path.includes('/blobs/'));
  await Promise.race([pull, expect.poll(blobRequests, { timeout: 20_000 }).toHaveLength(4)]);
  gate.resolve();
  const lines = await pull;
  const waited = lines.filter(({ status }) => status === 'Waiting');
  expect(waited).toHaveLength(3);
  for (const { digest } of image.layers)
    expect(lines).toContainEqual({
      status: 'Pull complete',
      progressDetail: {},
      id: digest.slice(7, 19),
    });
});
