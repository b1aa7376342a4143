/** Debian's docker-registry behind a token server: who may pull, push and log in, and what is asked for. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { parseReference } from '../../formats/reference.ts';
import { HttpRegistry } from '../../drivers/registry/http-registry.ts';
import { systemClock } from '../../host/clock.ts';
import { RegistryService } from '../registries/registry-service.ts';
import { ImageWorld, REGISTRY_SETTINGS, stepsOf } from './testing/image-world.ts';
import { LoopbackRegistry } from './testing/loopback-registry.ts';
import { TokenServer } from './testing/token-server.ts';

const signal = new AbortController().signal;
const tester = { username: 'tester', password: 'secret' };

let tokens: TokenServer;
let registry: LoopbackRegistry;
let world: ImageWorld;
beforeAll(async () => {
  tokens = await TokenServer.start();
  registry = await LoopbackRegistry.start({ auth: tokens.auth });
  world = await ImageWorld.create();
  for (const name of ['public/a', 'private/a'])
    registry.storage.pushImage(name, {
      layers: [{ files: [{ name: 'noise', content: randomBytes(20_000) }] }],
    });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
  await tokens[Symbol.asyncDispose]();
});
beforeEach(() => {
  tokens.requests.length = 0;
});

const name = (repository: string) => `${registry.address}/${repository}`;
const scopesAsked = () => tokens.requests.map(({ scopes }) => scopes);
const service = () => new RegistryService(new HttpRegistry(REGISTRY_SETTINGS, systemClock));

test('anybody pulls what is public, with one token for all of it', async () => {
  await world.pull(name('public/a'));
  expect(scopesAsked()).toEqual([new Set(['repository:public/a:pull'])]);
});

test('what is not for everybody is not there for everybody', async () => {
  await expect(world.pull(name('private/a'))).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringMatching(
      /^pull access denied for .*private\/a, repository does not exist or may require 'docker login': /,
    ),
  });
  await world.pull(name('private/a'), { credentials: tester });
  expect(tokens.requests.at(-1)).toMatchObject({ account: 'tester', method: 'GET' });
});

test('wrong credentials are refused in the words of the token server', async () => {
  const wrong = { username: 'tester', password: 'wrong' };
  await expect(world.pull(name('private/a'), { credentials: wrong })).rejects.toMatchObject({
    code: 'unauthorized',
    message: 'unauthorized: incorrect username or password',
  });
});

test('a push asks to pull and push, and to pull where it mounts from', async () => {
  await world.pull(name('private/a'), { credentials: tester });
  world.images.tag(name('private/a'), parseReference(name('private/copy:latest')));
  tokens.requests.length = 0;
  const lines = await world.push(name('private/copy:latest'), { credentials: tester });
  const { diffIds } = world.images.find(name('private/copy'));
  expect(stepsOf(lines, diffIds[0]?.slice(7, 19) ?? '').at(-1)).toBe('Mounted from private/a');
  expect(scopesAsked()).toContainEqual(new Set(['repository:private/copy:pull,push']));
  expect(scopesAsked()).toContainEqual(
    new Set(['repository:private/a:pull', 'repository:private/copy:pull,push']),
  );
  await expect(world.push(name('private/copy:latest'))).rejects.toMatchObject({
    code: 'unauthorized',
    message: 'unauthorized: authentication required',
  });
});

test('a login gives an identity token, which stands for the password from then on', async () => {
  const identityToken = await service().login(registry.address, tester, signal);
  expect(identityToken).not.toBe('');
  expect(tokens.requests).toMatchObject([{ account: 'tester', isOffline: true }]);
  tokens.requests.length = 0;
  const credentials = { username: '', password: '', identityToken };
  await world.pull(name('private/a'), { credentials });
  expect(tokens.requests).toMatchObject([{ method: 'POST', account: 'tester' }]);
  await expect(
    world.pull(name('private/a'), { credentials: { ...credentials, identityToken: 'forged' } }),
  ).rejects.toMatchObject({ code: 'unauthorized' });
});

test('a login with a wrong password is refused as Docker refuses it', async () => {
  const wrong = { username: 'tester', password: 'wrong' };
  await expect(service().login(registry.address, wrong, signal)).rejects.toMatchObject({
    code: 'unauthorized',
    message: `Get "http://${registry.address}/v2/": unauthorized: incorrect username or password`,
  });
});
