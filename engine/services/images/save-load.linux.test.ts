/** Images out to an archive and in again. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { buildImage, type ImageLayout } from '../../../test/support/image-layout.ts';
import { writeTar, type TarEntry } from '../../../test/support/tar-writer.ts';
import { digestOf } from '../../formats/digest.ts';
import { parseReference } from '../../formats/reference.ts';
import { FaultyRegistry } from './testing/faulty-registry.ts';
import { ImageWorld } from './testing/image-world.ts';

let world: ImageWorld;
beforeEach(async () => {
  world = await ImageWorld.create();
});
afterEach(() => world[Symbol.asyncDispose]());

const never = new AbortController().signal;
const layer = (content: string) => ({ files: [{ name: 'file', content }] });

async function* pieces(bytes: Buffer) {
  yield bytes.subarray(0, 3); // too few to tell a compression by
  bytes = bytes.subarray(3);
  for (let at = 0; at < bytes.length; at += 7000) yield bytes.subarray(at, at + 7000);
}

async function save(...names: string[]): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of world.images.save(names)) parts.push(part);
  return Buffer.concat(parts);
}

async function load(archive: Buffer): Promise<string[]> {
  const loaded: string[] = [];
  for await (const part of world.images.load(pieces(archive), undefined, never))
    if ('id' in part) loaded.push(part.tag ?? part.id);
  return loaded;
}

/** Pulls an image and names it `name`. */
async function bring(name: string, layers: { files: TarEntry[] }[]): Promise<string> {
  await using registry = await FaultyRegistry.start();
  registry.push('x:latest', { layers });
  const source = `${registry.address}/x`;
  await world.pull(source);
  world.images.tag(source, parseReference(name));
  world.images.remove(source);
  return world.images.find(name).id;
}

/** An archive as older versions of Docker wrote them: plain layers, a folder each, links for repeats. */
function oldDockerArchive(image: ImageLayout, plainLayers: Buffer[], tag: string): Buffer {
  const hex = image.config.digest.slice(7);
  const manifest = [
    { Config: `${hex}.json`, RepoTags: [tag], Layers: ['l0/layer.tar', 'l1/layer.tar'] },
  ];
  return writeTar([
    { name: 'l0/', type: 'directory' },
    { name: 'l0/layer.tar', content: plainLayers[0] ?? '' },
    { name: 'l1/', type: 'directory' },
    { name: 'l1/layer.tar', type: 'symlink', link: '../l0/layer.tar' },
    { name: `${hex}.json`, content: image.config.bytes },
    { name: 'manifest.json', content: JSON.stringify(manifest) },
  ]);
}

describe('save() and load()', () => {
  test('bring back the same images, layers shared between them once', async () => {
    const ids = [
      await bring('a', [layer('shared'), layer('a')]),
      await bring('b:v2', [layer('shared'), layer('b')]),
    ];
    const archive = await save('a', 'b:v2');
    for (const id of ids) world.images.remove(id, { force: true });
    await expect.poll(() => world.onDisk().layers).toBe(0);
    expect(await load(archive)).toEqual(['a:latest', 'b:v2']);
    expect(['a', 'b:v2'].map((name) => world.images.find(name).id)).toEqual(ids);
    expect(world.layersOf('b:v2').map((path) => readFileSync(join(path, 'file'), 'utf8'))).toEqual([
      'shared',
      'b',
    ]);
    expect(world.onDisk()).toMatchObject({ layers: 3, ingests: 0 });
  });

  test.each([
    ['gzip', gzipSync],
    ['xz', (input: Buffer) => execFileSync('xz', ['-c'], { input })],
    ['bzip2', (input: Buffer) => execFileSync('bzip2', ['-c'], { input })],
  ])('may be compressed with %s, and so may its layers', async (_, pack) => {
    const plain = writeTar([{ name: 'file', content: 'content' }]);
    const image = buildImage({ layers: [{ files: [{ name: 'file', content: 'content' }] }] });
    const config = JSON.parse(image.config.bytes.toString());
    expect(config.rootfs.diff_ids).toEqual([digestOf(plain)]);
    const archive = writeTar([
      { name: 'config.json', content: image.config.bytes },
      { name: 'layer', content: pack(plain) },
      {
        name: 'manifest.json',
        content: JSON.stringify([{ Config: 'config.json', RepoTags: ['a:v1'], Layers: ['layer'] }]),
      },
    ]);
    expect(await load(pack(archive))).toEqual(['a:v1']);
    expect(readFileSync(join(world.layersOf('a:v1')[0] ?? '', 'file'), 'utf8')).toBe('content');
  });

  test('of an id keeps no name', async () => {
    const id = await bring('a', [layer('a')]);
    const archive = await save(id);
    world.images.remove(id, { force: true });
    expect(await load(archive)).toEqual([id]);
    expect(world.images.find(id).repoTags).toEqual([]);
  });

  test('save() writes a layout whose blobs are what their names say', async () => {
    await bring('a', [layer('one'), layer('two')]);
    const folder = join(world.folder, 'saved');
    mkdirSync(folder);
    writeFileSync(join(world.folder, 'saved.tar'), await save('a'));
    execFileSync('tar', ['-xf', join(world.folder, 'saved.tar'), '-C', folder]);
    const json = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
    const check = (digest: string) => {
      const bytes = readFileSync(join(folder, 'blobs/sha256', digest.slice(7)));
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(digest.slice(7));
      return bytes;
    };
    const { manifests } = json('index.json') as { manifests: { digest: string }[] };
    const manifest = JSON.parse(check(manifests[0]?.digest ?? '').toString());
    for (const { digest } of [manifest.config, ...manifest.layers]) check(digest);
    expect(json('manifest.json')).toMatchObject([{ RepoTags: ['a:latest'] }]);
    expect(json('oci-layout')).toEqual({ imageLayoutVersion: '1.0.0' });
  });

  test('save() of a bare repository has all its tags', async () => {
    await bring('many:v1', [layer('one')]);
    await bring('many:v2', [layer('two')]);
    await bring('other', [layer('three')]);
    const archive = await save('many');
    for (const name of ['many:v1', 'many:v2']) world.images.remove(name);
    expect(await load(archive)).toEqual(['many:v1', 'many:v2']);
  });

  test('save() of a name given twice has it once, also in the file of the old format', async () => {
    await bring('a', [layer('one')]);
    world.images.tag('a', parseReference('a:extra'));
    writeFileSync(join(world.folder, 'saved.tar'), await save('a', 'a:extra', 'a:latest'));
    const json = (name: string) =>
      JSON.parse(
        execFileSync('tar', ['-xOf', join(world.folder, 'saved.tar'), name], { encoding: 'utf8' }),
      );
    const [{ RepoTags: tags, Layers: layers }] = json('manifest.json');
    expect(tags.toSorted()).toEqual(['a:extra', 'a:latest']);
    expect(layers).toHaveLength(1);
    const hex = layers[0].split('/').at(-1);
    expect(json('repositories')).toEqual({ a: { extra: hex, latest: hex } });
  });

  test('save() refuses an image of another platform than asked for', async () => {
    await bring('a', [layer('one')]);
    const platform = { os: 'linux', architecture: 's390x' };
    expect(() => world.images.save(['a'], platform)).toThrow(
      'a:latest was found but does not match the specified platform: wanted linux/s390x',
    );
  });

  test('save() refuses names that are not there', () => {
    expect(() => world.images.save(['nothing'])).toThrow('No such image: nothing:latest');
  });
});

describe('load()', () => {
  test('tells each layer that was not here, then the image', async () => {
    const id = await bring('a', [layer('x'), layer('y')]);
    const archive = await save('a');
    const told = async () => {
      const parts: string[] = [];
      for await (const part of world.images.load(pieces(archive), undefined, never))
        parts.push('id' in part ? (part.tag ?? part.id) : part.layer.diffId);
      return parts;
    };
    expect(await told()).toEqual(['a:latest']);
    const diffIds = world.images.find('a').diffIds;
    world.images.remove(id, { force: true });
    expect(await told()).toEqual([...diffIds, 'a:latest']);
  });

  test('refuses an image of another platform than asked for', async () => {
    await bring('a', [layer('x')]);
    const archive = await save('a');
    const platform = { os: 'linux', architecture: 's390x' };
    const loading = world.images.load(pieces(archive), platform, never);
    await expect(loading.next()).rejects.toThrow('requested platform (linux/s390x) not found');
  });

  test('drops what only looked like a layer', async () => {
    const image = buildImage({ layers: [layer('x')] });
    const blob = (bytes: Buffer, name: string) => ({ name, content: bytes });
    const archive = writeTar([
      blob(gzipSync('no archive at all'), 'notes.gz'),
      blob(writeTar([{ name: 'file', content: 'of nobody' }]), 'stray.tar'),
      blob(image.layers[0]?.bytes ?? Buffer.alloc(0), 'layer'),
      blob(image.config.bytes, 'config'),
      blob(
        Buffer.from('[{"Config":"config","RepoTags":["x:1"],"Layers":["layer"]}]'),
        'manifest.json',
      ),
    ]);
    expect(await load(archive)).toEqual(['x:1']);
    await expect.poll(() => world.onDisk()).toMatchObject({ layers: 1, blobs: 2, ingests: 0 });
  });

  test('takes archives of older Dockers, links and all', async () => {
    const plain = writeTar([{ name: 'file', content: 'old' }]);
    const image = buildImage({ layers: [{ files: plain }, { files: plain }] });
    expect(await load(oldDockerArchive(image, [plain], 'old:v1'))).toEqual(['old:v1']);
    expect(world.images.find('old:v1').id).toBe(image.config.digest);
    expect(world.onDisk()).toMatchObject({ layers: 1, ingests: 0 });
  });

  test('takes a plain OCI layout', async () => {
    const image = buildImage({ format: 'oci', layers: [layer('oci')] });
    const blob = ({ digest, bytes }: { digest: string; bytes: Buffer }): TarEntry => ({
      name: `blobs/sha256/${digest.slice(7)}`,
      content: bytes,
    });
    const { digest, mediaType, bytes } = image.manifest;
    const index = { schemaVersion: 2, manifests: [{ mediaType, digest, size: bytes.length }] };
    const archive = writeTar([
      { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
      { name: 'index.json', content: JSON.stringify(index) },
      ...[image.manifest, image.config, ...image.layers].map(blob),
    ]);
    expect(await load(archive)).toEqual([image.config.digest]);
  });

  test('refuses a layer that is not the one its configuration names, and leaves nothing', async () => {
    const image = buildImage({ layers: [layer('x'), layer('y')] });
    const forged = writeTar([{ name: 'file', content: 'forged' }]);
    await expect(load(oldDockerArchive(image, [forged], 'x'))).rejects.toThrow(
      'invalid diffID for layer',
    );
    await expect.poll(() => world.onDisk()).toEqual({ layers: 0, blobs: 0, ingests: 0 });
  });

  test('writes nothing outside, whatever names the archive has', async () => {
    const archive = writeTar([
      { name: '../../escaped', content: 'x' },
      { name: '/tmp/gantry-escaped', content: 'x' },
      { name: 'manifest.json', type: 'symlink', link: '/etc/passwd' },
    ]);
    await expect(load(archive)).rejects.toThrow('holds no images');
    expect(existsSync(join(world.folder, '../escaped'))).toBe(false);
    expect(existsSync('/tmp/gantry-escaped')).toBe(false);
  });

  test.each([
    ['nothing at all', Buffer.alloc(0), 'holds no images'],
    ['text', Buffer.alloc(3000, 'text'), 'invalid tar'],
    [
      'a manifest without its files',
      writeTar([{ name: 'manifest.json', content: '[{"Config":"c.json","Layers":[]}]' }]),
      'c.json is missing from the archive',
    ],
    [
      'a manifest that is none',
      writeTar([{ name: 'manifest.json', content: '{"a":1}' }]),
      'invalid manifest.json',
    ],
  ])('refuses %s', async (_, archive, message) => {
    await expect(load(archive)).rejects.toThrow(message);
    expect(world.onDisk()).toMatchObject({ ingests: 0 });
  });
});
