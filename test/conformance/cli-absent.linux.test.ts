/** What there is none of here, by the docker CLI: a swarm, plugins, a build cache. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSubject, SUBJECT, type Subject } from './subject.ts';

let subject: Subject;
beforeAll(async () => {
  subject = await startSubject();
});
afterAll(() => subject.close());

const stderrOf = async (...args: string[]) => (await subject.docker.run(args)).stderr.trim();

const NO_MANAGER =
  'Error response from daemon: This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.';

test('docker system prune goes through, for there is no build cache to free', async () => {
  await subject.docker.ok('create', '--name', 'old', 'busybox', 'true');
  const printed = await subject.docker.ok('system', 'prune', '-f');
  expect(printed).toMatch(/^Deleted Containers:\n[0-9a-f]{64}\n\nTotal reclaimed space: 0B$/);
  expect((await subject.request('/build/prune', { method: 'POST' })).json()).toEqual({
    CachesDeleted: null,
    SpaceReclaimed: 0,
  });
  const filters = encodeURIComponent(JSON.stringify({ colour: ['red'] }));
  const refused = await subject.request(`/build/prune?filters=${filters}`, { method: 'POST' });
  expect(refused.status).not.toBe(200);
  expect(refused.text).toContain("nvalid filter 'colour'");
});

test.each(['node', 'service', 'secret', 'config', 'stack'])(
  'docker %s ls says that this node manages no swarm',
  async (noun) => {
    expect(await stderrOf(noun, 'ls')).toBe(NO_MANAGER);
  },
);

test('docker swarm leave says that there is none to leave', async () => {
  expect(await stderrOf('swarm', 'leave')).toBe(
    'Error response from daemon: This node is not part of a swarm',
  );
  expect(await stderrOf('swarm', 'join-token', 'worker')).toBe(NO_MANAGER);
  expect((await subject.request('/swarm')).status).toBe(503);
  expect((await subject.request('/tasks')).status).toBe(503);
});

test('docker plugin ls is empty, and a plugin that is asked for is not found', async () => {
  expect((await subject.docker.ok('plugin', 'ls')).replaceAll(/ +/g, ' ')).toBe(
    'ID NAME DESCRIPTION ENABLED',
  );
  expect(await stderrOf('plugin', 'disable', 'maker/thing:1')).toBe(
    'Error response from daemon: plugin "maker/thing:1" not found',
  );
  expect(await stderrOf('plugin', 'ls', '--filter', 'enabled=perhaps')).toBe(
    "Error response from daemon: Invalid filter 'enabled=[perhaps]'",
  );
});

test.skipIf(SUBJECT === 'dockerd')('what can never be had is told as such', async () => {
  expect(await stderrOf('swarm', 'init')).toContain('swarms are not supported');
  expect(await stderrOf('plugin', 'install', '--grant-all-permissions', 'maker/thing')).toContain(
    'plugins are not supported',
  );
});
