/** Pushing: to Debian's docker-registry, and to registries that cut, refuse and remember. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Blob } from '../../../test/support/image-layout.ts';
import { writeTar } from '../../../test/support/tar-writer.ts';
import { parseReference } from '../../formats/reference.ts';
import { FaultyRegistry, refuse } from './testing/faulty-registry.ts';
import { ImageWorld, stepsOf } from './testing/image-world.ts';
import { LoopbackRegistry } from './testing/loopback-registry.ts';
import { PushDesk } from './testing/push-desk.ts';

const signal = new AbortController().signal;
const noise = (bytes: number) => ({ files: [{ name: 'noise', content: randomBytes(bytes) }] });
const short = (digest: string) => digest.slice(7, 19);
const tag = (world: ImageWorld, from: string, to: string) =>
  world.images.tag(from, parseReference(to));

/** An image of one layer that is not packed, unless `pack` packs it; returns its archive. */
async function importPlain(
  world: ImageWorld,
  name: string,
  bytes: number,
  pack = (archive: Buffer) => archive,
): Promise<Buffer> {
  const archive = writeTar([{ name: 'plain', content: randomBytes(bytes >> 1).toString('hex') }]);
  await world.images.import(
    {
      archive: (async function* () {
        yield pack(archive);
      })(),
      reference: parseReference(name),
      message: '',
      changes: [],
      platform: '',
    },
    signal,
  );
  return archive;
}

let world: ImageWorld;
beforeEach(async () => {
  world = await ImageWorld.create();
});
afterEach(() => world[Symbol.asyncDispose]());

describe('a push to a real registry', () => {
  test('sends what was pulled as it came, under the same digest', async () => {
    await using from = await LoopbackRegistry.start();
    await using to = await LoopbackRegistry.start();
    const layers = [noise(700_000), { ...noise(300_000), compression: 'zstd' as const }];
    const pushed = from.storage.pushImage('a/b', { layers, format: 'oci' });
    await world.pull(`${from.address}/a/b`);
    const name = `${to.address}/x/y:v1`;
    tag(world, `${from.address}/a/b`, name);
    const lines = await world.push(name);
    expect(lines[0]).toEqual({
      status: `The push refers to repository [${to.address}/x/y]`,
    });
    for (const diffId of pushed.diffIds) {
      const steps = stepsOf(lines, short(diffId));
      expect([steps[0], ...steps.slice(-2)]).toEqual(['Preparing', 'Pushing', 'Pushed']);
    }
    const size = pushed.manifest.bytes.length;
    expect(lines.slice(-2)).toEqual([
      { status: `v1: digest: ${pushed.digest} size: ${size}` },
      { progressDetail: {}, aux: { Tag: 'v1', Digest: pushed.digest, Size: size } },
    ]);
    expect(world.images.find(name).repoDigests).toContain(`${to.address}/x/y@${pushed.digest}`);
    expect(world.events.at(-1)).toMatchObject({ action: 'push', actorId: name });

    // Another repository of that registry gets its layers without a byte being sent.
    tag(world, name, `${to.address}/other:v1`);
    const mounted = await world.push(`${to.address}/other:v1`);
    expect(stepsOf(mounted, short(pushed.diffIds[0] ?? '')).at(-1)).toBe('Mounted from x/y');
    expect(stepsOf(await world.push(name), short(pushed.diffIds[0] ?? '')).at(-1)).toBe(
      'Layer already exists',
    );
    await using other = await ImageWorld.create();
    await other.pull(`${to.address}/other:v1`);
    expect(other.images.find(`${to.address}/other:v1`).id).toBe(pushed.config.digest);
  });

  test('packs a plain layer on the way, once', async () => {
    await using registry = await LoopbackRegistry.start();
    const name = `${registry.address}/plain:latest`;
    await importPlain(world, name, 2_000_000);
    const { id, diffIds } = world.images.find(name);
    expect(stepsOf(await world.push(name), short(diffIds[0] ?? '')).at(-1)).toBe('Pushed');
    expect(stepsOf(await world.push(name), short(diffIds[0] ?? '')).at(-1)).toBe(
      'Layer already exists',
    );
    tag(world, name, `${registry.address}/second:latest`);
    const mounted = await world.push(`${registry.address}/second:latest`);
    expect(stepsOf(mounted, short(diffIds[0] ?? '')).at(-1)).toBe('Mounted from plain');
    await using other = await ImageWorld.create();
    await other.pull(name);
    expect(other.images.find(name).id).toBe(id);
  });

  test('needs a password where there is one', async () => {
    await using registry = await LoopbackRegistry.start({ password: true });
    const name = `${registry.address}/secret:latest`;
    await importPlain(world, name, 1000);
    await expect(world.push(name)).rejects.toThrow('no basic auth credentials');
    const wrong = { username: 'tester', password: 'wrong' };
    await expect(world.push(name, { credentials: wrong })).rejects.toMatchObject({
      code: 'unauthorized',
      message: 'unauthorized: authentication required',
    });
    await world.push(name, { credentials: { username: 'tester', password: 'secret' } });
  });

  test('of a repository pushes all its tags', async () => {
    await using registry = await LoopbackRegistry.start();
    const repository = `${registry.address}/many`;
    await importPlain(world, `${repository}:one`, 1000);
    tag(world, `${repository}:one`, `${repository}:two`);
    const lines = await world.push(repository);
    const digests = lines.filter(({ status }) => status?.includes(': digest: '));
    expect(digests.map(({ status }) => status?.split(':')[0])).toEqual(['one', 'two']);
  });
});

describe('a push', () => {
  let registry: FaultyRegistry;
  let desk: PushDesk;
  let name: string;
  beforeEach(async () => {
    registry = await FaultyRegistry.start();
    desk = new PushDesk(registry);
    name = `${registry.address}/a:latest`;
  });
  afterEach(() => registry[Symbol.asyncDispose]());

  /** What the registry was given as the only layer. */
  const layerThere = () => {
    const manifest = desk.manifests.get('latest');
    const { layers } = JSON.parse(manifest?.bytes.toString() ?? '') as {
      layers: { digest: string; mediaType: string; size: number }[];
    };
    return { ...layers[0], bytes: desk.blobs.get(layers[0]?.digest ?? '') ?? Buffer.alloc(0) };
  };

  test.each([
    ['goes on where it was cut', true],
    ['begins anew where the registry forgot', false],
  ])('that is cut %s', async (_, remembers) => {
    const archive = await importPlain(world, name, 3_000_000);
    desk.cutAfterBytes = 500_000;
    desk.remembersCuts = remembers;
    await world.push(name);
    const [, second] = desk.requests('PATCH');
    const { bytes, mediaType, size } = layerThere();
    expect(gunzipSync(bytes).equals(archive)).toBe(true);
    expect([mediaType, size]).toEqual([
      'application/vnd.docker.image.rootfs.diff.tar.gzip',
      bytes.length,
    ]);
    expect(second?.bytes).toBe(remembers ? bytes.length - 500_000 : bytes.length);
  });

  test('packs with gzip what came as xz, which registries do not know', async () => {
    const archive = await importPlain(world, name, 100_000, (input) =>
      execFileSync('xz', ['-c'], { input }),
    );
    await world.push(name);
    const { bytes, mediaType } = layerThere();
    expect(gunzipSync(bytes).equals(archive)).toBe(true);
    expect(mediaType).toBe('application/vnd.docker.image.rootfs.diff.tar.gzip');
  });

  test('tries again when the registry is busy', async () => {
    await importPlain(world, name, 1000);
    let refusals = 2;
    desk.intercept = (_, response) => {
      if (refusals-- <= 0) return false;
      refuse(response, 503, 'UNAVAILABLE', 'busy', { 'retry-after': '0' });
      return true;
    };
    await world.push(name);
    expect(desk.manifests.size).toBe(1);
  });

  test('whose token runs out on the way gets another one', async () => {
    await importPlain(world, name, 100_000);
    let issued = 0;
    let refusedOnce = false;
    desk.intercept = (request, response) => {
      if (request.url?.startsWith('/token')) {
        response.end(JSON.stringify({ token: `t${++issued}` }));
        return true;
      }
      if (request.method === 'PATCH' && !refusedOnce) {
        refusedOnce = true;
        issued++;
      }
      if (request.headers.authorization === `Bearer t${issued}`) return false;
      const realm = `http://${registry.address}/token`;
      refuse(response, 401, 'UNAUTHORIZED', 'authentication required', {
        'www-authenticate': `Bearer realm="${realm}",service="r",error="insufficient_scope"`,
      });
      return true;
    };
    await world.push(name);
    expect(desk.manifests.size).toBe(1);
    expect(refusedOnce).toBe(true);
  });

  test('is told why in the words of the registry', async () => {
    await importPlain(world, name, 1000);
    desk.intercept = (request, response) => {
      if (request.method !== 'POST') return false;
      refuse(response, 403, 'DENIED', 'requested access to the resource is denied');
      return true;
    };
    await expect(world.push(name)).rejects.toMatchObject({
      message: 'denied: requested access to the resource is denied',
    });
  });

  test('of the same layer by two at once sends it once', async () => {
    await importPlain(world, name, 1_000_000);
    tag(world, name, name.replace(':latest', ':two'));
    const gate = Promise.withResolvers<void>();
    desk.gate = gate.promise;
    const pushes = Promise.all([world.push(name), world.push(name.replace(':latest', ':two'))]);
    await expect.poll(() => desk.seen.length, { timeout: 20_000 }).toBeGreaterThan(0);
    gate.resolve();
    const [first, second] = await pushes;
    expect(desk.requests('PATCH')).toHaveLength(1);
    const last = (lines: typeof first) =>
      stepsOf(lines, short(world.images.find(name).diffIds[0] ?? '')).at(-1);
    expect([last(first), last(second)]).toEqual(['Pushed', 'Pushed']);
  });

  test('ends when its client leaves', async () => {
    await importPlain(world, name, 1000);
    desk.gate = new Promise(() => {});
    const client = new AbortController();
    const push = world.push(name, {}, client.signal);
    await Promise.race([push, expect.poll(() => desk.seen.length, { timeout: 20_000 }).toBe(1)]);
    client.abort(new Error('gone'));
    await expect(push).rejects.toThrow('gone');
  });

  test('leaves out layers that may not be handed on', async () => {
    await using source = await FaultyRegistry.start();
    const image = source.push('far:latest', { layers: [noise(1000)] });
    const manifest = JSON.parse(image.manifest.bytes.toString()) as { layers: object[] };
    const mediaType = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
    manifest.layers = [{ ...manifest.layers[0], mediaType, urls: ['https://far.example/layer'] }];
    const bytes = Buffer.from(JSON.stringify(manifest));
    source.pushManifest('far:latest', { ...image.manifest, bytes });
    await world.pull(`${source.address}/far`);
    tag(world, `${source.address}/far`, name);
    const lines = await world.push(name);
    expect(lines.map(({ status }) => status)).toContain('Skipped foreign layer');
    expect(desk.requests('PATCH')).toEqual([]);
    expect(desk.manifests.get('latest')?.bytes).toEqual(bytes);
  });

  test('goes by what a layer is, not by what it was called', async () => {
    await using source = await FaultyRegistry.start();
    const image = source.push('odd:latest', { layers: [{ ...noise(5000), compression: 'none' }] });
    const manifest = JSON.parse(image.manifest.bytes.toString()) as { layers: object[] };
    const mediaType = 'application/vnd.oci.image.layer.v1.tar+zstd';
    manifest.layers = [{ ...manifest.layers[0], mediaType }];
    const bytes = Buffer.from(JSON.stringify(manifest));
    source.pushManifest('odd:latest', { ...image.manifest, bytes });
    await world.pull(`${source.address}/odd`);
    tag(world, `${source.address}/odd`, name);
    await world.push(name);
    expect(layerThere().mediaType).toBe('application/vnd.docker.image.rootfs.diff.tar.gzip');
    expect(gunzipSync(layerThere().bytes)).toEqual((image.layers[0] as Blob).bytes);
  });

  test.each([
    ['none/here:v1', 'An image does not exist locally with the tag: none/here'],
    ['a:v9', 'tag does not exist: HOST/a:v9'],
    [`a@sha256:${'1'.repeat(64)}`, 'cannot push a digest reference'],
  ])('of %s says %s', async (what, message) => {
    await importPlain(world, name, 1000);
    const full = what.startsWith('none') ? what : `${registry.address}/${what}`;
    await expect(world.push(full)).rejects.toThrow(message.replace('HOST', registry.address));
  });

  test('of an image of another platform than asked for is refused before it begins', async () => {
    await importPlain(world, name, 1000);
    const platform = { os: 'linux', architecture: 's390x' };
    const lines = world.images.push({ reference: parseReference(name), platform }, signal);
    await expect(lines.next()).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('does not match the specified platform (linux/s390x)'),
    });
  });
});
