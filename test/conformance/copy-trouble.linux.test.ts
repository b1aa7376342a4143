/**
 * Copies under attack and in trouble: containers that swap links while they are copied, clients that
 * stall or leave, an engine that is killed in the middle.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';
import { writeTar } from '../support/tar-writer.ts';

let engine: TestEngine;
const folder = mkdtempSync(join(tmpdir(), 'gantry-trouble-'));
const SECRET = 'only the host knows this';
beforeAll(async () => {
  engine = await startEngine();
  await engine.docker.ok('pull', '--quiet', 'busybox');
  mkdirSync(join(folder, 'outside'));
  writeFileSync(join(folder, 'outside/secret'), SECRET);
});
afterAll(async () => {
  await engine?.close();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(async () => {
  if (!engine.isRunning) await engine.start(); // a test that failed in between
  await engine.removeContainers();
});

const docker = (...args: string[]): Promise<string> => engine.docker.ok(...args);
const archiveOf = (name: string, path: string) =>
  `/containers/${name}/archive?path=${encodeURIComponent(path)}`;
const mounts = () => readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
const mountsOfEngine = () => mounts().filter((line) => line.includes(engine.folder)).length;

/** A container that makes `/trap` a directory and a link to `target`, again and again. */
async function startTrap(target: string, ...options: string[]): Promise<void> {
  const script = [
    `mkdir -p /a/sub; echo inside > /a/secret; ln -s ${target} /b; touch /ready`,
    'while :; do mv /a /trap; mv /trap /a; mv /b /trap; mv /trap /b; done',
  ].join('\n');
  await docker('run', '-d', '--name', 'trap', ...options, 'busybox', 'sh', '-c', script);
  await eventually('the trap is set', () => docker('exec', 'trap', 'ls', '/ready'));
}

test('links that are swapped while they are copied never lead to the host', async () => {
  await startTrap(join(folder, 'outside'));
  const body = writeTar([{ name: 'planted', content: 'planted' }]);
  const seen: string[] = [];
  for (let round = 0; round < 12 || !seen.some((text) => text.includes('inside')); round++) {
    const [read, deep] = await Promise.all([
      engine.request(archiveOf('trap', '/trap/secret')),
      engine.request(archiveOf('trap', '/trap')),
      engine.request(archiveOf('trap', '/trap'), { method: 'PUT', body }),
      engine.request('/containers/trap/changes'),
    ]);
    seen.push(read.text, deep.text);
  }
  expect(seen.filter((text) => text.includes(SECRET))).toEqual([]);
  expect(() => readFileSync(join(folder, 'outside/planted'))).toThrow('ENOENT');
});

test('links of procfs that a container has from the host lead nowhere', async () => {
  await docker(
    ...['run', '-d', '--name', 'procfs', '-v', '/proc:/host-proc', '-v', '/:/host:ro', 'busybox'],
    ...['sh', '-c', 'ln -s /host-proc/1/root /r; ln -s /host/proc/1/root /s; sleep 3600'],
  );
  await eventually('the links are there', () => docker('exec', 'procfs', 'test', '-L', '/s'));
  const secret = join(folder, 'outside/secret');
  for (const path of [`/r${secret}`, `/s${secret}`, `/host-proc/1/root${secret}`]) {
    const { status, text } = await engine.request(archiveOf('procfs', path));
    expect([status, text]).toEqual([400, expect.stringContaining('too many levels')]);
  }
  const { status } = await engine.request(archiveOf('procfs', '/host-proc/version'));
  expect(status).toBe(200);
});

test('a part of a volume is mounted from the volume, whatever a link in it says', async () => {
  await docker('volume', 'create', 'shared');
  const script = [
    `mkdir -p /v/a; echo inside > /v/a/secret; ln -s ${folder}/outside /v/b; touch /v/ready`,
    'while :; do mv /v/a /v/part; mv /v/part /v/a; mv /v/b /v/part; mv /v/part /v/b; done',
  ].join('\n');
  await docker('run', '-d', '--name', 'trap', '-v', 'shared:/v', 'busybox', 'sh', '-c', script);
  await eventually('the trap is set', () => docker('exec', 'trap', 'ls', '/v/ready'));
  const seen: string[] = [];
  for (let round = 0; round < 12; round++) {
    const { stdout } = await engine.docker.run([
      ...['run', '--rm', '--network', 'none'],
      ...['--mount', 'type=volume,src=shared,dst=/m,volume-subpath=part'],
      ...['busybox', 'cat', '/m/secret'],
    ]);
    seen.push(stdout);
  }
  expect(seen.filter((text) => text.includes(SECRET))).toEqual([]);
  await docker('rm', '-f', 'trap');
  await docker('run', '--rm', '-v', 'shared:/v', 'busybox', 'mkdir', '-p', '/v/still/deep');
  const still = ['--mount', 'type=volume,src=shared,dst=/m,volume-subpath=still'];
  expect(await docker('run', '--rm', ...still, 'busybox', 'ls', '/m')).toBe('deep');
  const missing = ['--mount', 'type=volume,src=shared,dst=/m,volume-subpath=none'];
  const { stderr } = await engine.docker.run(['run', '--rm', ...missing, 'busybox', 'true']);
  expect(stderr).toContain('cannot access path');
});

test('devices and FIFOs of a container are told, never opened', async () => {
  await docker(
    ...['run', '-d', '--name', 'nodes', 'busybox', 'sh', '-c'],
    'mkdir /n; mkfifo /n/pipe; mknod /n/zero c 1 5; touch /n/z; sleep 3600',
  );
  await eventually('the nodes are there', () => docker('exec', 'nodes', 'ls', '/n/z'));
  const { text, status } = await engine.request(archiveOf('nodes', '/n'));
  expect([status, text.length < 10_000]).toEqual([200, true]);
});

/** A copy whose client reads nothing beyond the first bytes. */
async function stalledCopy(name: string): Promise<ClientRequest> {
  const sent = request({ socketPath: engine.socket, path: archiveOf(name, '/big'), agent: false });
  sent.on('error', () => {}); // it is cut off in the end
  sent.end();
  await new Promise<IncomingMessage>((resolve) => sent.once('response', resolve));
  return sent;
}

async function startWithBigFile(name: string): Promise<void> {
  await docker('run', '-d', '--name', name, 'busybox', 'sleep', '3600');
  await docker('exec', name, 'truncate', '-s', '300M', '/big');
}

test('twenty stalled copies hold up neither other copies, nor the engine, nor a stop', async () => {
  await startWithBigFile('slow');
  const stalled = await Promise.all(Array.from({ length: 20 }, () => stalledCopy('slow')));
  const upload = request({
    socketPath: engine.socket,
    path: archiveOf('slow', '/tmp'),
    method: 'PUT',
    agent: false,
  });
  upload.on('error', () => {});
  upload.write(writeTar([{ name: 'part', content: 'x' }]).subarray(0, 700));
  const { status, text } = await engine.request(archiveOf('slow', '/etc/passwd'));
  expect([status, text.includes('root:x:0:0')]).toEqual([200, true]);
  await docker('stop', '-t', '0', 'slow');
  await docker('start', 'slow');
  expect(await docker('exec', 'slow', 'sh', '-c', 'echo w > /w; cat /w')).toBe('w');
  expect((await engine.request(archiveOf('slow', '/w'))).text).toContain('w\n');
  for (const copy of [...stalled, upload]) copy.destroy();
  await docker('rm', '-f', 'slow');
  expect((await engine.request('/_ping')).status).toBe(200);
});

test('what a copy into a stopped container wrote is there when it starts meanwhile', async () => {
  await docker('create', '--name', 'later', 'busybox', 'sleep', '3600');
  const upload = request({
    socketPath: engine.socket,
    path: archiveOf('later', '/tmp'),
    method: 'PUT',
    agent: false,
  });
  const answered = new Promise<number | undefined>((resolve, reject) => {
    upload.once('response', (response) => resolve(response.resume().statusCode));
    upload.once('error', reject);
  });
  const archive = writeTar([
    { name: 'first', content: 'first' },
    { name: 'second', content: 'second' },
  ]);
  upload.write(archive.subarray(0, 1024));
  await eventually('the first file is there', async () => {
    const { status } = await engine.request(archiveOf('later', '/tmp/first'), { method: 'HEAD' });
    return status === 200;
  });
  await docker('start', 'later');
  upload.end(archive.subarray(1024));
  expect(await answered).toBe(200);
  expect(await docker('exec', 'later', 'cat', '/tmp/first', '/tmp/second')).toBe('firstsecond');
});

test('a client that leaves in the middle of a copy leaves nothing behind', async () => {
  await startWithBigFile('left');
  const before = mountsOfEngine();
  for (let round = 0; round < 5; round++) (await stalledCopy('left')).destroy();
  const upload = request({
    socketPath: engine.socket,
    path: archiveOf('left', '/tmp'),
    method: 'PUT',
    agent: false,
  });
  upload.on('error', () => {});
  upload.write(writeTar([{ name: 'part', content: 'x' }]).subarray(0, 700));
  await eventually('the upload began', () => docker('exec', 'left', 'ls', '/tmp/part'));
  upload.destroy();
  expect((await engine.request('/_ping')).status).toBe(200);
  expect(mountsOfEngine()).toBe(before);
  await docker('rm', '-f', 'left');
  expect(await docker('ps', '-aq')).toBe('');
});

test('an engine that is killed in the middle of copies leaves no mount of them', async () => {
  const before = mountsOfEngine();
  await docker('create', '--name', 'still', '-v', '/vol', 'busybox');
  const body = writeTar([{ name: 'big', content: Buffer.alloc(20 << 20) }]);
  await engine.request(archiveOf('still', '/'), { method: 'PUT', body });
  await Promise.all(Array.from({ length: 4 }, () => stalledCopy('still')));
  await engine.kill9();
  await eventually('nothing is mounted', () => mountsOfEngine() === before);
  await engine.start();
  expect((await engine.request(archiveOf('still', '/big'), { method: 'HEAD' })).status).toBe(200);
});

test('an engine that is killed in the middle of a commit lets the container go on', async () => {
  await docker('run', '-d', '--name', 'frozen', 'busybox', 'sleep', '3600');
  await docker('exec', 'frozen', 'truncate', '-s', '2G', '/big');
  const commit = engine.docker.start(['commit', 'frozen', 'half']);
  const status = () => docker('inspect', '-f', '{{.State.Status}}', 'frozen');
  await eventually('it is frozen', async () => (await status()) === 'paused');
  await engine.kill9();
  expect((await commit.result).code).not.toBe(0);
  await engine.start();
  expect(await status()).toBe('running');
  expect(await docker('exec', 'frozen', 'echo', 'alive')).toBe('alive');
  expect(await docker('images', '-q', 'half')).toBe('');
});
