/** Images as mounts: `docker run --mount type=image,source=tool,target=/tool[,image-subpath=…]`. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { runCommand } from '../support/command.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await startEngine();
  await engine.docker.ok('pull', '--quiet', 'busybox');
});
afterAll(() => engine.close());
afterEach(() => engine.removeContainers());

const docker = (...args: string[]): Promise<string> => engine.docker.ok(...args);
const stderrOf = async (...args: string[]) => (await engine.docker.run(args)).stderr;
const mountOf = (more = '') => ['--mount', `type=image,source=tool,target=/tool${more}`];

/** An image of two layers over busybox, the upper one hiding part of the lower. */
async function makeTool(): Promise<void> {
  const steps = ['mkdir /kit; echo old > /kit/hidden; echo one > /kit/file', 'rm /kit/hidden'];
  for (const [index, step] of steps.entries()) {
    await docker('run', '--name', 'maker', index === 0 ? 'busybox' : 'tool', 'sh', '-c', step);
    await docker('commit', 'maker', 'tool');
    await docker('rm', 'maker');
  }
}
beforeAll(makeTool);

/** What is mounted on the host for runs of containers, their own file systems aside. */
const runMounts = (): string[] =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point.startsWith(join(engine.execRoot, 'mounts')));

test('a container sees the files of the image, and nobody writes to them', async () => {
  const look = 'ls /tool/kit; cat /tool/kit/file; touch /tool/kit/new 2>&1; ls /tool/bin/sh';
  expect(await docker('run', '--rm', ...mountOf(), 'busybox', 'sh', '-c', look)).toBe(
    'file\none\ntouch: /tool/kit/new: Read-only file system\n/tool/bin/sh',
  );
});

test('image-subpath shows one directory or one file of it', async () => {
  expect(
    await docker('run', '--rm', ...mountOf(',image-subpath=kit'), 'busybox', 'ls', '/tool'),
  ).toBe('file');
  expect(
    await docker('run', '--rm', ...mountOf(',image-subpath=kit/file'), 'busybox', 'cat', '/tool'),
  ).toBe('one');
  expect(
    await stderrOf('run', '--rm', ...mountOf(',image-subpath=none'), 'busybox', 'true'),
  ).toContain('cannot access path');
  expect(
    await stderrOf('run', '--rm', ...mountOf(',image-subpath=../kit'), 'busybox', 'true'),
  ).toContain('subpath must be a relative path within the volume');
});

test('docker inspect names the image, and its name may mean another one by then', async () => {
  await docker('create', '--name', 'user', ...mountOf(), 'busybox', 'cat', '/tool/kit/file');
  await docker('tag', 'busybox', 'tool');
  try {
    expect(JSON.parse(await docker('inspect', '-f', '{{json .Mounts}}', 'user'))).toEqual([
      {
        Type: 'image',
        Name: 'tool',
        Source: '',
        Destination: '/tool',
        Mode: '',
        RW: false,
        Propagation: 'rprivate',
      },
    ]);
    expect(await docker('start', '-a', 'user')).toBe('one');
  } finally {
    await engine.removeContainers();
    await makeTool();
  }
});

test('an image that is not there is told without looking for that of the container', async () => {
  const mount = 'type=image,source=nosuch,target=/tool';
  expect(await stderrOf('create', '--mount', mount, 'busybox')).toMatch(
    /^Error response from daemon: No such image: nosuch:latest(\n|$)/,
  );
});

test('docker cp reads from it, started or not, and does not write there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-copy-'));
  try {
    await docker(
      'create',
      '--name',
      'user',
      ...mountOf(',image-subpath=kit'),
      'busybox',
      'sleep',
      '60',
    );
    await docker('cp', 'user:/tool/file', join(folder, 'before'));
    await docker('start', 'user');
    await docker('cp', 'user:/tool/file', join(folder, 'after'));
    expect(readFileSync(join(folder, 'before'), 'utf8')).toBe('one\n');
    expect(readFileSync(join(folder, 'after'), 'utf8')).toBe('one\n');
    expect(await stderrOf('cp', join(folder, 'after'), 'user:/tool/')).toContain(
      'mounted volume is marked read-only',
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('an image that a container mounts is not removed unless by force, and its files stay', async () => {
  await docker('create', '--name', 'user', ...mountOf(), 'busybox', 'cat', '/tool/kit/file');
  expect(await stderrOf('rmi', 'tool')).toContain('is using its referenced image');
  await docker('rmi', '-f', 'tool');
  expect(await docker('image', 'ls', '-q', 'tool')).toBe('');
  expect(await docker('start', '-a', 'user')).toBe('one');
  await engine.removeContainers();
  await makeTool();
});

test('nothing is mounted on the host for it while a container runs, nor after a crash', async () => {
  await docker('run', '-d', '--name', 'user', ...mountOf(), 'busybox', 'sleep', '60');
  expect(runMounts()).toEqual([]);
  await engine.kill9();
  await engine.start();
  expect(await docker('exec', 'user', 'cat', '/tool/kit/file')).toBe('one');
  await docker('restart', '-t', '0', 'user');
  expect(await docker('exec', 'user', 'cat', '/tool/kit/file')).toBe('one');
  expect(runMounts()).toEqual([]);
});

test('what an engine that was killed in the middle of a start had mounted, the next takes away', async () => {
  const id = await docker(
    'create',
    '--name',
    'user',
    ...mountOf(),
    'busybox',
    'cat',
    '/tool/kit/file',
  );
  await engine.kill9();
  const pin = join(engine.execRoot, 'mounts', id, 'pins/0');
  mkdirSync(pin, { recursive: true });
  await runCommand('mount', ['-t', 'tmpfs', 'pin', pin]);
  await engine.start();
  expect(runMounts()).toEqual([]);
  expect(await docker('start', '-a', 'user')).toBe('one');
});
