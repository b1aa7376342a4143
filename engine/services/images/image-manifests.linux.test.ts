/** `manifests=true`: what the list an image was pulled by names, and what of it is here. */
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { blobOf } from '../../../test/support/image-layout.ts';
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

const PATIENCE = { timeout: 20_000 };
const never = new AbortController().signal;
const LIST = 'application/vnd.oci.image.index.v1+json';
const layers = (content: string) => [{ files: [{ name: 'file', content }] }];
const name = (repository: string) => `${registry.address}/${repository}`;
const manifestsOf = (image: string) =>
  world.images.inspect(image, { withManifests: true }).Manifests;

function listed(image: string) {
  const options = { all: false, filters: new Map(), withSharedSize: false, withContainers: false };
  const summaries = world.images.list({ ...options, withManifests: true });
  return summaries.find(({ RepoTags }) => RepoTags.includes(`${image}:latest`))?.Manifests;
}

describe('the manifests of an image', () => {
  test('are those of its list, attestations too, with all that the list says of each', async () => {
    const own = registry.push('own:latest', { layers: layers('mine') });
    const other = registry.push('other:latest', { layers: layers('x'), architecture: 's390x' });
    const attestation = blobOf(Buffer.from('{"schemaVersion":2}'));
    const entry = (image: typeof own, more: object) => ({
      mediaType: image.manifest.mediaType,
      digest: image.manifest.digest,
      size: image.manifest.bytes.length,
      platform: image.platform,
      ...more,
    });
    const about = {
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': own.manifest.digest,
    };
    const platform = { ...other.platform, 'os.version': '10.0.1', 'os.features': ['win32k'] };
    const entries = [
      entry(own, { annotations: { note: 'mine' } }),
      entry(other, { platform, artifactType: 'kind', urls: ['http://x/y'] }),
      {
        mediaType: own.manifest.mediaType,
        digest: attestation.digest,
        size: attestation.bytes.length,
        annotations: about,
        platform: { os: 'unknown', architecture: 'unknown' },
      },
    ];
    const list = blobOf(
      Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: LIST, manifests: entries })),
    );
    registry.pushManifest('many:latest', { ...list, mediaType: LIST });
    await world.pull(name('many'));
    const { id } = world.images.find(name('many'));
    world.users.push({ imageId: id, id: 'abc', name: 'user', running: false });

    const blobBytes = [own.config, ...own.layers, own.manifest].reduce(
      (sum, { bytes }) => sum + bytes.length,
      0,
    );
    const expected = [
      {
        ID: own.manifest.digest,
        Descriptor: entries[0],
        Available: true,
        Size: { Content: blobBytes, Total: blobBytes + 4 },
        Kind: 'image',
        ImageData: { Platform: own.platform, Containers: ['abc'], Size: { Unpacked: 4 } },
      },
      {
        ID: other.manifest.digest,
        Descriptor: entries[1],
        Available: false,
        Size: { Content: 0, Total: 0 },
        Kind: 'image',
        ImageData: { Platform: platform, Containers: [], Size: { Unpacked: 0 } },
      },
      {
        ID: attestation.digest,
        Descriptor: entries[2],
        Available: false,
        Size: { Content: 0, Total: 0 },
        Kind: 'attestation',
        AttestationData: { For: own.manifest.digest },
      },
    ];
    expect(manifestsOf(name('many'))).toEqual(expected);
    expect(listed(name('many'))).toEqual(expected);
    expect(world.images.inspect(name('many')).Descriptor).toEqual({
      mediaType: LIST,
      digest: list.digest,
      size: list.bytes.length,
    });
  });

  test('are its own where it was pulled by no list, and none where it was not pulled', async () => {
    const lone = registry.push('lone:latest', { layers: layers('mine') });
    await world.pull(name('lone'));
    expect(manifestsOf(name('lone'))).toMatchObject([
      { ID: lone.manifest.digest, Available: true, Kind: 'image' },
    ]);
    const archive = (async function* () {
      yield writeTar([{ name: 'file' }]);
    })();
    const reference = parseReference('imported:latest');
    await world.images.import(
      { archive, reference, message: '', changes: [], platform: '' },
      never,
    );
    expect(manifestsOf('imported')).toBeUndefined();
    expect(listed('imported')).toBeUndefined();
  });
});

describe('layers that several images share', () => {
  const shared = () => ({ files: [{ name: 'noise', content: randomBytes(400_000) }] });
  /** Two images over one layer whose blob waits at the gate until `open` is called. */
  function pushTwo() {
    const base = shared();
    const images = ['a', 'b'].map((it) =>
      registry.push(`${it}:latest`, { layers: [base, ...layers(it)] }),
    );
    const digest = images[0]?.layers[0]?.digest ?? '';
    const gate = Promise.withResolvers<void>();
    registry.intercept = (request) => {
      registry.gate = request.url?.endsWith(digest) ? gate.promise : Promise.resolve();
      return false;
    };
    return { digest, open: () => gate.resolve() };
  }

  test('are fetched once by pulls at the same time', async () => {
    const { digest, open } = pushTwo();
    const pulls = Promise.all([world.pull(name('a')), world.pull(name('b'))]);
    await expect.poll(() => registry.requestsFor(digest).length, PATIENCE).toBe(1);
    const ofOther = () => registry.requests.filter(({ path }) => path.startsWith('/v2/b/')).length;
    await expect.poll(ofOther, PATIENCE).toBeGreaterThan(1);
    open();
    await pulls;
    expect(registry.requestsFor(digest)).toHaveLength(1);
    expect(world.onDisk()).toEqual({ layers: 3, blobs: 7, ingests: 0 });
  });

  test('stay while a pull needs them, whatever is removed and pruned meanwhile', async () => {
    const base = shared();
    registry.push('a:latest', { layers: [base] });
    const b = registry.push('b:latest', { layers: [base, ...layers('b')] });
    await world.pull(name('a'));
    const gate = Promise.withResolvers<void>();
    const waiting = Promise.withResolvers<void>();
    registry.intercept = (request) => {
      if (!request.url?.endsWith(b.layers[1]?.digest ?? '')) return false;
      registry.gate = gate.promise;
      waiting.resolve();
      return false;
    };
    const pull = world.pull(name('b'));
    await waiting.promise;
    world.images.remove(name('a'));
    world.images.prune(new Map([['dangling', ['false']]]));
    await world.images.freed();
    gate.resolve();
    await pull;
    expect(registry.requestsFor(b.layers[0]?.digest ?? '')).toHaveLength(1);
    expect(world.layersOf(name('b'))).toHaveLength(2);
    const problems = await Array.fromAsync(world.images.check(never));
    expect(JSON.stringify(problems)).not.toMatch(/damaged|missing/);
  });
});
