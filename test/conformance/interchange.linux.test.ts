/**
 * Images between this engine, Debian's dockerd and skopeo, a client that shares no code with either:
 * what one wrote the other reads, and the image's id, its configuration byte for byte, stays the same.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mustRun } from '../support/command.ts';
import { Dockerd } from '../support/dockerd.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';

let engine: TestEngine;
let peer: Dockerd;
let folder: string;

beforeAll(async () => {
  [engine, peer] = await Promise.all([startEngine(), Dockerd.start()]);
  folder = join(engine.folder, 'files');
  await mkdir(folder);
  await Promise.all([
    engine.docker.ok('pull', '-q', 'busybox'),
    peer.docker.ok('pull', '-q', 'busybox'),
  ]);
});
afterAll(async () => {
  await Promise.all([engine.close(), peer[Symbol.asyncDispose]()]);
});

const idOf = (docker: TestEngine['docker'], name: string) =>
  docker.ok('image', 'inspect', '-f', '{{.Id}}', name);

const skopeo = (...args: string[]) =>
  mustRun('skopeo', ['--insecure-policy', ...args], { timeoutMs: 120_000 });

test('dockerd loads what this engine saves, several images and gzip layers included', async () => {
  await engine.docker.ok('tag', 'busybox', 'twice:v1');
  await engine.docker.ok('tag', 'busybox', 'twice:v2');
  const archive = join(folder, 'ours.tar');
  await engine.docker.ok('save', '-o', archive, 'twice');
  expect((await peer.docker.ok('load', '-i', archive)).split('\n').toSorted()).toEqual([
    'Loaded image: twice:v1',
    'Loaded image: twice:v2',
  ]);
  expect(await idOf(peer.docker, 'twice:v1')).toBe(await idOf(engine.docker, 'busybox'));
  expect(await peer.docker.ok('run', '--rm', '--network=none', 'twice:v2', 'echo', 'ran')).toBe(
    'ran',
  );
});

test('this engine loads what dockerd saves, of an image it committed', async () => {
  await peer.docker.ok(
    'run',
    '--name=made',
    '--network=none',
    'busybox',
    'sh',
    '-c',
    'rm /bin/vi; echo new > /made',
  );
  await peer.docker.ok(
    'commit',
    '-c',
    'CMD ["cat","/made"]',
    '-c',
    'ENV A=1',
    'made',
    'committed:v1',
  );
  const archive = join(folder, 'theirs.tar');
  await peer.docker.ok('save', '-o', archive, 'committed:v1', 'busybox');
  const loaded = await engine.docker.ok('load', '-i', archive);
  expect(loaded).toContain('Loaded image: committed:v1');
  expect(await idOf(engine.docker, 'committed:v1')).toBe(await idOf(peer.docker, 'committed:v1'));
  expect(await engine.docker.ok('run', '--rm', '--network=none', 'committed:v1')).toBe('new');
  const vi = await engine.docker.run([
    'run',
    '--rm',
    '--network=none',
    'committed:v1',
    'ls',
    '/bin/vi',
  ]);
  expect(vi.code).toBe(1);
});

test('a loaded image goes back to dockerd with the same id', async () => {
  const archive = join(folder, 'back.tar');
  await engine.docker.ok('save', '-o', archive, 'committed:v1');
  await peer.docker.ok('rm', 'made');
  await peer.docker.ok('rmi', 'committed:v1');
  await peer.docker.ok('load', '-i', archive);
  expect(await idOf(peer.docker, 'committed:v1')).toBe(await idOf(engine.docker, 'committed:v1'));
});

test('skopeo copies an image out of the engine, and what it wrote comes in again', async () => {
  const host = ['--src-daemon-host', `unix://${engine.socket}`];
  const id = await idOf(engine.docker, 'busybox');
  const layout = join(folder, 'layout.tar');
  await skopeo(
    'copy',
    ...host,
    'docker-daemon:busybox:latest',
    `oci-archive:${layout}:docker.io/library/from-layout:v1`,
  );
  await engine.docker.ok('load', '-i', layout);
  const archive = join(folder, 'archive.tar');
  await skopeo(
    'copy',
    ...host,
    'docker-daemon:busybox:latest',
    `docker-archive:${archive}:from-archive:v1`,
  );
  await engine.docker.ok('load', '-i', archive);
  expect(await idOf(engine.docker, 'from-archive:v1')).toBe(id);
  for (const name of ['from-layout:v1', 'from-archive:v1'])
    expect(await engine.docker.ok('run', '--rm', '--network=none', name, 'echo', name)).toBe(name);
});

test('skopeo copies an image into the engine', async () => {
  const folderOf = join(folder, 'layout');
  const host = `unix://${engine.socket}`;
  await skopeo(
    'copy',
    '--src-daemon-host',
    host,
    'docker-daemon:busybox:latest',
    `oci:${folderOf}:x`,
  );
  await skopeo(
    'copy',
    '--dest-daemon-host',
    host,
    `oci:${folderOf}:x`,
    'docker-daemon:copied-in:v1',
  );
  expect(
    await engine.docker.ok('run', '--rm', '--network=none', 'copied-in:v1', 'echo', 'in'),
  ).toBe('in');
});

test('skopeo reads in a registry what the engine pushed, and the engine pulls what skopeo put there', async () => {
  const { namespace, registry } = engine;
  const address = new URL(registry.url).host;
  await engine.docker.ok('tag', 'busybox', `${address}/pushed:v1`);
  await engine.docker.ok('push', '-q', `${address}/pushed:v1`);
  const inNamespace = (...args: string[]) => {
    const [program, words] = namespace.command('skopeo', '--insecure-policy', ...args);
    return mustRun(program, words, { timeoutMs: 120_000 });
  };
  const source = `docker://${address}/pushed:v1`;
  const inspected = await inNamespace('inspect', '--config', '--raw', '--tls-verify=false', source);
  const id = await idOf(engine.docker, 'busybox');
  expect(`sha256:${createHash('sha256').update(inspected).digest('hex')}`).toBe(id);
  const back = `docker://${address}/by-skopeo:v1`;
  await inNamespace('copy', '--src-tls-verify=false', '--dest-tls-verify=false', source, back);
  await engine.docker.ok('pull', '-q', `${address}/by-skopeo:v1`);
  expect(await idOf(engine.docker, `${address}/by-skopeo:v1`)).toBe(id);
});

test('what save writes is a layout: its index leads to the configuration byte for byte', async () => {
  const archive = join(folder, 'layout-of-ours.tar');
  await engine.docker.ok('save', '-o', archive, 'busybox');
  const target = join(folder, 'unpacked');
  await mkdir(target);
  await mustRun('tar', ['-xf', archive, '-C', target]);
  await skopeo('copy', `oci:${target}:latest`, `dir:${join(folder, 'as-dir')}`);
  const manifest = JSON.parse(await readFile(join(folder, 'as-dir/manifest.json'), 'utf8')) as {
    config: { digest: string };
  };
  expect(manifest.config.digest).toBe(await idOf(engine.docker, 'busybox'));
});
