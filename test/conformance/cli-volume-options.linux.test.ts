/** Volumes with options (`docker volume create -o type=…`): mounted while used, and no longer. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';

let engine: TestEngine;
let folder: string;
beforeAll(async () => {
  engine = await startEngine();
  await engine.docker.ok('pull', '--quiet', 'busybox');
});
afterAll(() => engine.close());
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'gantry-volume-'))));
afterEach(async () => {
  await engine.removeContainers();
  await docker('volume', 'prune', '-af');
  expect(mountedVolumes()).toEqual([]);
  rmSync(folder, { recursive: true });
});

const docker = (...args: string[]): Promise<string> => engine.docker.ok(...args);

/** Volumes that something is mounted on. */
function mountedVolumes(): string[] {
  const root = `${join(engine.dataRoot, 'volumes')}/`;
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point.startsWith(root))
    .map((point) => point.slice(root.length).split('/', 1)[0] ?? '');
}

const makeBind = (name: string) =>
  docker('volume', 'create', '-o', 'type=none', '-o', 'o=bind', '-o', `device=${folder}`, name);
const makeTmpfs = (name: string) =>
  docker('volume', 'create', '-o', 'type=tmpfs', '-o', 'o=size=1m', '-o', 'device=tmpfs', name);

describe('docker cp', () => {
  test('reads from and writes to the folder that a volume stands for, started or not', async () => {
    await makeBind('there');
    writeFileSync(join(folder, 'in'), 'from the folder\n');
    await docker('create', '--name', 'box', '-v', 'there:/data', 'busybox', 'sleep', '60');
    for (const stage of ['stopped', 'running']) {
      if (stage === 'running') await docker('start', 'box');
      await docker('cp', 'box:/data/in', join(folder, `copy-${stage}`));
      await docker('cp', join(folder, 'in'), `box:/data/${stage}`);
      expect(readFileSync(join(folder, `copy-${stage}`), 'utf8')).toBe('from the folder\n');
      expect(readFileSync(join(folder, stage), 'utf8')).toBe('from the folder\n');
      expect(mountedVolumes()).toEqual(stage === 'running' ? ['there'] : []);
    }
  });

  test('mounts a file system of its own for a container that does not run', async () => {
    await makeTmpfs('quick');
    await docker('create', '--name', 'box', '-v', 'quick:/data', 'busybox', 'sleep', '60');
    writeFileSync(join(folder, 'big'), Buffer.alloc(2 << 20, 'x'));
    const copied = await engine.docker.run(['cp', join(folder, 'big'), 'box:/data/']);
    expect(copied.stderr).toContain('no space left on device');
    expect(mountedVolumes()).toEqual([]);
    await docker('start', 'box');
    await docker('exec', 'box', 'sh', '-c', 'echo fast > /data/file');
    await docker('cp', 'box:/data/file', join(folder, 'file'));
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('fast\n');
  });
});

describe('after an engine was killed', () => {
  test('what a container that runs has mounted stays until it ends', async () => {
    await makeTmpfs('quick');
    await docker('run', '-d', '--name', 'box', '-v', 'quick:/data', 'busybox', 'sleep', '600');
    await docker('exec', 'box', 'touch', '/data/kept');
    await engine.kill9();
    await engine.start();
    expect(mountedVolumes()).toEqual(['quick']);
    expect(await docker('exec', 'box', 'ls', '/data')).toBe('kept');
    await docker('stop', '-t', '0', 'box');
    expect(mountedVolumes()).toEqual([]);
  });

  test('what a container had mounted that ended meanwhile is unmounted', async () => {
    await makeBind('there');
    await docker('run', '-d', '--name', 'box', '-v', 'there:/data', 'busybox', 'sleep', '600');
    const pid = Number(await docker('inspect', '-f', '{{.State.Pid}}', 'box'));
    await engine.kill9();
    process.kill(pid, 'SIGKILL');
    await engine.start();
    await eventually('the end is seen', async () =>
      (await docker('inspect', '-f', '{{.State.Status}}', 'box')).includes('exited'),
    );
    await eventually('it is unmounted', () => mountedVolumes().length === 0);
  });

  test('what it had mounted for a copy is unmounted', async () => {
    await makeBind('there');
    writeFileSync(join(folder, 'big'), Buffer.alloc(32 << 20, 'x'));
    await docker('create', '--name', 'box', '-v', 'there:/data', 'busybox');
    const path = '/containers/box/archive?path=/data/big';
    const copy = get({ socketPath: engine.socket, path, agent: false });
    const [answer] = (await once(copy, 'response')) as [IncomingMessage]; // and nobody reads it
    answer.on('error', () => {});
    expect(mountedVolumes()).toEqual(['there']);
    await engine.kill9();
    await engine.start();
    expect(mountedVolumes()).toEqual([]);
  });
});
