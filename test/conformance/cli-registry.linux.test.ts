/** `docker login`, `push`, `pull`, `search` and `logout` against real registries, TLS among them. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RunningCommand } from '../support/command.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { REGISTRY_LOGIN, Registry } from '../support/registry.ts';

const { username, password } = REGISTRY_LOGIN;

let certificates: string;
let engine: TestEngine;
beforeAll(async () => {
  certificates = mkdtempSync(join(tmpdir(), 'gantry-certs-'));
  engine = await startEngine({
    args: ['--registry-certs', certificates, '--max-concurrent-downloads', '1'],
  });
  await engine.docker.ok('pull', '--quiet', 'busybox');
});
afterAll(async () => {
  await engine.close();
  rmSync(certificates, { recursive: true, force: true });
});

const docker = (...args: string[]): Promise<string> => engine.docker.ok(...args);
const OWN = '127.0.0.1:5000';

/** The bars of a terminal left out. */
async function pushTold(name: string, ...flags: string[]): Promise<string> {
  return await docker('push', ...flags, name);
}

describe('docker push', () => {
  test('draws each layer, and the digest is the one that is pulled', async () => {
    await docker('tag', 'busybox', `${OWN}/mine/box:v1`);
    const told = await pushTold(`${OWN}/mine/box:v1`);
    expect(told).toContain(`The push refers to repository [${OWN}/mine/box]`);
    expect(told).toMatch(/^[0-9a-f]{12}: (Pushed|Mounted from library\/busybox)$/m);
    const [, digest] = /^v1: digest: (sha256:[0-9a-f]{64}) size: \d+$/m.exec(told) ?? [];
    expect(digest).toBeDefined();
    expect(await pushTold(`${OWN}/mine/box:v1`)).toMatch(/^[0-9a-f]{12}: Layer already exists$/m);
    await docker('rmi', `${OWN}/mine/box:v1`);
    expect(await docker('pull', `${OWN}/mine/box:v1`)).toContain(`Digest: ${digest}`);
    expect(
      await docker('image', 'inspect', '-f', '{{json .RepoDigests}}', `${OWN}/mine/box:v1`),
    ).toContain(`${OWN}/mine/box@${digest}`);
  });

  test('with --all-tags pushes every tag, and pull --all-tags brings them back', async () => {
    for (const tag of ['one', 'two']) await docker('tag', 'busybox', `${OWN}/many:${tag}`);
    const told = await pushTold(`${OWN}/many`, '--all-tags');
    expect(told).toMatch(/^one: digest: /m);
    expect(told).toMatch(/^two: digest: /m);
    await docker('rmi', `${OWN}/many:one`, `${OWN}/many:two`);
    const pulled = await docker('pull', '--all-tags', `${OWN}/many`);
    expect(pulled).toMatch(/^one: Pulling from many$/m);
    expect(pulled).toMatch(new RegExp(`^Status: .* for ${OWN}/many$`, 'm'));
    const tags = await docker('images', '--format', '{{.Tag}}', `${OWN}/many`);
    expect(tags.split('\n').toSorted()).toEqual(['one', 'two']);
  });

  test.each([
    [
      'of what is not here',
      ['push', 'nothing/here'],
      'An image does not exist locally with the tag: nothing/here',
    ],
    ['of a tag that is not here', ['push', 'busybox:none'], 'tag does not exist: busybox:none'],
  ])('%s says so', async (_, args, message) => {
    const { code, stderr } = await engine.docker.run(args);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
  });

  test('takes layers that were committed and imported', async () => {
    await docker('run', '--name', 'changed', 'busybox', 'sh', '-c', 'echo hello > /greeting');
    await docker('commit', 'changed', `${OWN}/committed:latest`);
    const archive = await engine.docker.run(['export', 'changed']);
    await engine.docker.run(['import', '-', `${OWN}/flat:latest`], { input: archive.stdoutBytes });
    await docker('rm', 'changed');
    for (const name of [`${OWN}/committed:latest`, `${OWN}/flat:latest`]) {
      expect(await pushTold(name)).toMatch(/^[0-9a-f]{12}: Pushed$/m);
      await docker('rmi', name);
      expect(await docker('run', '--rm', name, 'cat', '/greeting')).toBe('hello');
    }
  });
});

test('docker pull fetches as many layers at a time as --max-concurrent-downloads says', async () => {
  const layers = ['one', 'two', 'three'].map((it) => ({ files: [{ name: it, content: it }] }));
  engine.registry.storage.pushImage('library/layered', { layers });
  const told = (await docker('pull', 'layered')).split('\n');
  const count = (status: string) => told.filter((line) => line.endsWith(`: ${status}`)).length;
  expect([count('Waiting'), count('Pull complete')]).toEqual([2, 3]);
});

describe('a registry with a password', () => {
  let registry: Registry;
  beforeAll(async () => {
    registry = await Registry.start({ namespace: engine.namespace, port: 5001, basicAuth: true });
  });
  afterAll(() => registry.close());

  const login = (secret: string) =>
    engine.docker.run(['login', '-u', username, '--password-stdin', registry.address], {
      input: secret,
    });

  test('lets in whoever logged in, until the logout', async () => {
    const name = `${registry.address}/private/box:latest`;
    await docker('tag', 'busybox', name);
    const refused = await engine.docker.run(['push', name]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('no basic auth credentials');

    const wrong = await login('wrong');
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain(
      `login attempt to http://${registry.address}/v2/ failed with status: 401 Unauthorized`,
    );

    expect((await login(password)).stdout).toContain('Login Succeeded');
    await docker('push', name);
    await docker('rmi', name);
    await docker('pull', name);
    await docker('logout', registry.address);
    await docker('rmi', name);
    const again = await engine.docker.run(['pull', name]);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('no basic auth credentials');
  });
});

describe('a registry with a certificate of a private authority', () => {
  let registry: Registry;
  beforeAll(async () => {
    const host = '10.77.0.1';
    registry = await Registry.start({ namespace: engine.namespace, host, port: 5002, tls: true });
  });
  afterAll(() => registry.close());

  test('is trusted once its authority lies in its folder', async () => {
    const name = `${registry.address}/library/busybox`;
    const refused = await engine.docker.run(['pull', name]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('x509: certificate signed by unknown authority');

    mkdirSync(join(certificates, registry.address));
    cpSync(registry.caFile, join(certificates, registry.address, 'ca.crt'));
    await docker('pull', name);
    await docker('tag', name, `${registry.address}/pushed:latest`);
    await docker('push', `${registry.address}/pushed:latest`);
  });
});

test('docker search asks the registry that is named', async () => {
  const script = `require('node:http').createServer((q, s) => s.end(JSON.stringify({
    results: [
      { name: 'team/box', description: 'A box', star_count: 7, is_official: false },
      { name: 'box', description: 'The box', star_count: 99, is_official: true },
    ]}))).listen(5003, '127.0.0.1', () => console.log('ready'))`;
  const server = new RunningCommand(...engine.namespace.command(process.execPath, '-e', script));
  await server.outputMatching(/ready/);
  try {
    const search = (...flags: string[]) =>
      docker(
        'search',
        '--format',
        '{{.Name}} {{.StarCount}} {{.IsOfficial}}',
        ...flags,
        '127.0.0.1:5003/box',
      );
    expect(await search()).toBe('team/box 7 \nbox 99 [OK]');
    expect(await search('--filter', 'is-official=true')).toBe('box 99 [OK]');
    expect(await search('--limit', '1')).toBe('team/box 7');
  } finally {
    server.kill('SIGKILL');
    await server.result;
  }
});

test('the distribution route tells digest and platforms, and updates are told by digest', async () => {
  const first = engine.registry.storage.pushImage('library/moving', {
    layers: [{ files: [{ name: 'f', content: 'one' }] }],
  });
  await docker('pull', 'moving');
  const inspected = await engine.request('/distribution/moving/json');
  expect(inspected.json()).toMatchObject({ Descriptor: { digest: first.digest } });
  expect((await engine.request('/distribution/nothing:here/json')).status).toBe(404);
  const second = engine.registry.storage.pushImage('library/moving', {
    layers: [{ files: [{ name: 'f', content: 'two' }] }],
  });
  const updates = (await engine.request('/gantry/images/updates')).json() as object[];
  expect(updates).toContainEqual({
    Reference: 'moving:latest',
    ImageId: first.config.digest,
    LocalDigests: [first.digest],
    RemoteDigest: second.digest,
    HasUpdate: true,
  });
});

test('credentials of the client stay out of the log and the data of the engine', () => {
  expect(engine.log).not.toContain(password);
  expect(
    readFileSync(join(engine.dataRoot, 'state.db')).includes(btoa(`${username}:${password}`)),
  ).toBe(false);
});
