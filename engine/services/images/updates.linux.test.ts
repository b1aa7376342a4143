/** Which tags have something newer in their registry. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseReference } from '../../formats/reference.ts';
import { FaultyRegistry, refuse } from './testing/faulty-registry.ts';
import { ImageWorld } from './testing/image-world.ts';

const signal = new AbortController().signal;
const text = (content: string) => ({ layers: [{ files: [{ name: 'file', content }] }] });

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
const anonymous = () => undefined;

test('updates() tells what is newer, what is not, and what cannot be asked', async () => {
  const first = registry.push('moved:latest', text('old'));
  registry.push('same:latest', text('same'));
  registry.push('gone:latest', text('gone'));
  for (const repository of ['moved', 'same', 'gone']) await world.pull(name(repository));
  world.images.tag(name('same'), parseReference('built-here:latest'));
  const second = registry.push('moved:latest', text('new'));
  registry.intercept = (request, response) => {
    if (!request.url?.includes('/gone/')) return false;
    refuse(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown');
    return true;
  };
  registry.requests.length = 0;
  const updates = await world.images.updates(anonymous, signal);
  expect(updates).toMatchObject([
    { Reference: `${name('gone')}:latest`, HasUpdate: false, RemoteDigest: '' },
    {
      Reference: `${name('moved')}:latest`,
      ImageId: first.config.digest,
      LocalDigests: [`sha256:${first.manifest.digest.slice(7)}`],
      RemoteDigest: second.manifest.digest,
      HasUpdate: true,
    },
    { Reference: `${name('same')}:latest`, HasUpdate: false },
  ]);
  expect(updates[0]?.Error).toMatch(/not found/);
  expect(updates[1]).not.toHaveProperty('Error');
  expect(registry.requests.filter(({ path }) => path.includes('/blobs/'))).toEqual([]);
  expect(world.images.find(name('moved')).id).toBe(first.config.digest);
});

test('updates() is not held up for ever by a registry that does not answer', async () => {
  registry.push('a:latest', text('a'));
  await world.pull(name('a'));
  const client = new AbortController();
  registry.intercept = () => true;
  const updates = world.images.updates(anonymous, client.signal);
  await Promise.race([
    updates,
    expect.poll(() => registry.requests.length, { timeout: 20_000 }).toBeGreaterThan(3),
  ]);
  client.abort(new Error('gone'));
  await expect(updates).rejects.toThrow('gone');
});
