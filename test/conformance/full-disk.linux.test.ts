/**
 * The disk under the data root is full to its last block: what needs space says so in Docker's words,
 * what needs none works, the engine and its containers stay up, and once there is space again
 * everything is as if nothing had been.
 */
import { closeSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';

const NO_SPACE = /no space left on device/i;

let engine: TestEngine;
beforeAll(async () => {
  engine = await startEngine({ dataRootMegabytes: 64 });
  await docker('pull', '--quiet', 'busybox');
  await docker('run', '-d', '--name', 'steady', 'busybox', 'sleep', '3600');
});
afterEach(() => rmSync(join(engine.dataRoot, 'filler'), { force: true }));
afterAll(() => engine.close());

const docker = (...args: string[]): Promise<string> => engine.docker.ok(...args);
const stateOf = (name: string): Promise<string> =>
  docker('inspect', '-f', '{{.State.Status}} {{.State.ExitCode}}', name);

/** Takes every block, in pieces that become smaller. */
function fill(): void {
  const fd = openSync(join(engine.dataRoot, 'filler'), 'a');
  for (const bytes of [1 << 20, 4096, 1])
    try {
      for (;;) writeSync(fd, Buffer.alloc(bytes, 'x'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  closeSync(fd);
}

const free = (): void => rmSync(join(engine.dataRoot, 'filler'));

test('run says that there is no space, and leaves no container', async () => {
  fill();
  const refused = await engine.docker.run(['run', '--rm', '--name', 'later', 'busybox', 'true']);
  expect(refused).toMatchObject({ code: 125, stderr: expect.stringMatching(NO_SPACE) });
  expect(await docker('ps', '-a', '--format', '{{.Names}}')).toBe('steady');
  free();
  expect(await docker('run', '--rm', '--name', 'later', 'busybox', 'echo', 'done')).toBe('done');
});

test('volume create is answered with 500 and the reason, and leaves no volume', async () => {
  fill();
  const create = () =>
    engine.request('/volumes/create', { method: 'POST', body: { Name: 'needed' } });
  const refused = await create();
  expect(refused.status).toBe(500);
  expect(refused.text).toMatch(NO_SPACE);
  expect(await docker('volume', 'ls', '-q')).toBe('');
  free();
  expect((await create()).status).toBe(201);
  await docker('volume', 'rm', 'needed');
});

test('pull says that there is no space, leaves no image, and works afterwards', async () => {
  const layer = {
    compression: 'none',
    files: [{ name: 'big', content: Buffer.alloc(8 << 20, 1) }],
  };
  engine.registry.storage.pushImage('library/heavy', { layers: [layer as never] });
  fill();
  const refused = await engine.docker.run(['pull', 'heavy']);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(NO_SPACE) });
  expect(await docker('images', '-q', 'heavy')).toBe('');
  free();
  await docker('pull', '--quiet', 'heavy');
  await docker('rmi', 'heavy');
});

test('commit says that there is no space, leaves no image, and lets the container go on', async () => {
  await docker('exec', 'steady', 'dd', 'if=/dev/zero', 'of=/written', 'bs=1M', 'count=1');
  fill();
  const refused = await engine.docker.run(['commit', 'steady', 'kept']);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(NO_SPACE) });
  expect(await docker('images', '-q', 'kept')).toBe('');
  expect(await stateOf('steady')).toBe('running 0');
  free();
  await docker('commit', 'steady', 'kept');
  await docker('rmi', 'kept');
});

test('containers are started, stopped and removed without any space', async () => {
  for (const name of ['first', 'second']) {
    await docker('run', '--name', name, 'busybox', 'true');
  }
  fill();
  for (let time = 0; time < 5; time++) {
    await docker('start', 'first');
    expect(await docker('wait', 'first')).toBe('0');
  }
  await docker('rm', 'first', 'second');
  expect(await docker('exec', 'steady', 'echo', 'up')).toBe('up');
});

test('a container that logs on goes on when its log finds space again', async () => {
  const script = 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.01; done';
  await docker('run', '-d', '--name', 'talker', 'busybox', 'sh', '-c', script);
  const last = async () => Number((await docker('logs', '--tail', '1', 'talker')).trim());
  await eventually('the first lines', async () => (await last()) > 3);
  fill();
  const before = await last();
  await eventually('the log stands still', async () => (await last()) === (await last()));
  expect(await stateOf('talker')).toBe('running 0');
  free();
  await eventually('lines with space', async () => (await last()) > before + 50);
  const lines = (await docker('logs', 'talker')).split('\n').map(Number);
  expect(lines).toEqual(lines.toSorted((a, b) => a - b));
  await docker('rm', '-f', 'talker');
});

test('an engine that is killed and started without space knows what happened meanwhile', async () => {
  await docker('run', '-d', '--name', 'brief', 'busybox', 'sh', '-c', 'sleep 3600');
  const pid = Number(await docker('inspect', '-f', '{{.State.Pid}}', 'brief'));
  fill();
  await engine.kill9();
  process.kill(pid, 'SIGKILL');
  await engine.start();
  expect(await stateOf('brief')).toBe('exited 137');
  expect(await stateOf('steady')).toBe('running 0');
  await docker('rm', 'brief');
  free();
  await engine.restart();
  expect(await docker('ps', '-a', '--format', '{{.Names}}')).toBe('steady');
});

test('nothing of all that was refused is left on the disk', async () => {
  await docker('rm', '-f', 'steady');
  await docker('rmi', 'busybox');
  await engine.restart();
  const left = ['containers', 'snapshots/containers', 'snapshots/layers', 'volumes'].flatMap(
    (folder) => readdirSync(join(engine.dataRoot, folder)),
  );
  expect(left.filter((name) => name !== 'empty')).toEqual([]);
});
