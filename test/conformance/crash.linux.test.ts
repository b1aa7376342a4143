/**
 * The engine is killed with -9 in the middle of things, and comes back: it knows every container, its
 * exit code and its whole log; containers that run never notice; what nobody owns is removed.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { runCommand } from '../support/command.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';
import { mountsUnder } from '../support/processes.ts';

/** Several engines start one after the other, on whatever machine. */
const SLOW = { timeout: 240_000 };

let engine: TestEngine;
beforeAll(async () => {
  engine = await startEngine();
  await engine.docker.ok('pull', '--quiet', 'busybox');
});
afterAll(() => engine.close());
afterEach(async () => {
  if (!engine.isRunning) await engine.start(); // a test that failed in between
  await engine.removeContainers();
});

const docker = (...args: string[]): Promise<string> => engine.docker.ok(...args);
const inspect = (name: string, format: string): Promise<string> =>
  docker('inspect', '-f', format, name);

test('a running container never notices, and its log has no gap', async () => {
  const script = 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.01; done';
  await docker('run', '-d', '--name', 'counter', 'busybox', 'sh', '-c', script);
  await eventually('the first lines', async () =>
    (await docker('logs', 'counter')).includes('\n5'),
  );
  const pid = await inspect('counter', '{{.State.Pid}}');
  await engine.kill9();
  const before = lastCpuTime(pid);
  await eventually(
    'the container works on while there is no engine',
    () => lastCpuTime(pid) > before + 2,
  );
  await engine.start();
  expect(await inspect('counter', '{{.State.Running}} {{.State.Pid}}')).toBe(`true ${pid}`);
  const seen = Number((await docker('logs', '--tail', '1', 'counter')).trim());
  await eventually(
    'lines after the restart',
    async () => Number((await docker('logs', '--tail', '1', 'counter')).trim()) > seen + 5,
  );
  const lines = (await docker('logs', 'counter')).split('\n');
  expect(lines).toEqual(lines.map((_, index) => String(index + 1)));
  expect(await docker('exec', 'counter', 'echo', 'still here')).toBe('still here');
  await docker('stop', '-t', '0', 'counter');
  expect(await inspect('counter', '{{.State.ExitCode}}')).toBe('137');
});

test('the exit code of a container that ended meanwhile is known', async () => {
  const script = 'while ! test -e /go; do sleep 0.02; done; echo last words; exit 23';
  await docker('run', '-d', '--name', 'orphan', 'busybox', 'sh', '-c', script);
  const pid = await inspect('orphan', '{{.State.Pid}}');
  await docker('exec', '-d', 'orphan', 'sh', '-c', 'sleep 0.3; touch /go');
  await engine.kill9();
  await eventually('the container ends', () => !readdirSync('/proc').includes(pid));
  await engine.start();
  expect(await inspect('orphan', '{{.State.Status}} {{.State.ExitCode}}')).toBe('exited 23');
  expect(await docker('logs', 'orphan')).toBe('last words');
  expect(await docker('start', 'orphan')).toBe('orphan');
  expect(await docker('wait', 'orphan')).toBe('23');
});

test('a container started with --rm is gone after it ended without the engine', async () => {
  const id = await docker('run', '-d', '--rm', 'busybox', 'sleep', '0.5');
  const pid = await inspect(id, '{{.State.Pid}}');
  await engine.kill9();
  await eventually('the container ends', () => !readdirSync('/proc').includes(pid));
  await engine.start();
  await eventually('the container is removed', async () => (await docker('ps', '-aq')) === '');
});

test('the health of a container is known and probed again, and a stuck probe is ended', async () => {
  const check = ['--health-cmd', 'test -e /stuck && { sleep 1001 & sleep 1002; }; test -e /ok'];
  const times = ['--health-interval', '100ms', '--health-timeout', '10m', '--health-retries', '1'];
  await docker('run', '-d', '--name', 'sick', ...check, ...times, 'busybox', 'sleep', '600');
  const health = '{{.State.Health.Status}}';
  const becomes = (status: string): Promise<unknown> =>
    eventually(`it is ${status}`, async () => (await inspect('sick', health)) === status);
  await becomes('unhealthy');
  await docker('exec', 'sick', 'touch', '/ok');
  await becomes('healthy');
  await docker('exec', 'sick', 'touch', '/stuck');
  const sleepers = async (): Promise<number> =>
    (await docker('top', 'sick')).split('\n').filter((line) => / sleep 100[12]$/.test(line)).length;
  await eventually('the probe is stuck', async () => (await sleepers()) === 2);
  await engine.kill9();
  await engine.start();
  expect(await inspect('sick', health)).toBe('healthy');
  await eventually('the old probe is gone, the new one runs', async () => (await sleepers()) === 2);
  await docker('exec', 'sick', 'rm', '/stuck', '/ok');
  await engine.restart();
  await becomes('unhealthy');
  expect(await sleepers()).toBe(0);
});

test('restart policies hold for the next engine', async () => {
  const policies = ['always', 'unless-stopped'];
  for (const policy of policies) {
    const command = ['busybox', 'sleep', '600'];
    await docker('run', '-d', '--name', policy, '--restart', policy, ...command);
    await docker('stop', '-t', '0', policy);
  }
  await docker('run', '-d', '--name', 'loops', '--restart', 'always', 'busybox', 'false');
  const restarts = async (): Promise<number> => Number(await inspect('loops', '{{.RestartCount}}'));
  await eventually('it was restarted', async () => (await restarts()) >= 2);
  await engine.kill9();
  const before = 2;
  await engine.start();
  await eventually(
    'always runs',
    async () => (await inspect('always', '{{.State.Status}}')) === 'running',
  );
  expect(await inspect('unless-stopped', '{{.State.Status}}')).toBe('exited');
  await eventually('the count goes on', async () => (await restarts()) > before);
});

test('a pull that was cut off leaves no image, and works afterwards', async () => {
  const noise = Buffer.alloc(24 << 20);
  for (let at = 0; at < noise.length; at += 4) noise.writeUInt32LE((at * 2_654_435_761) >>> 0, at);
  engine.registry.storage.pushImage('library/heavy', {
    layers: [1, 2, 3].map((number) => ({
      compression: 'none',
      files: [{ name: `noise-${number}`, content: Buffer.concat([noise, Buffer.of(number)]) }],
    })),
  });
  const pull = engine.docker.start(['pull', 'heavy']);
  await pull.outputMatching(/Pulling fs layer/);
  await engine.kill9();
  expect((await pull.result).code).not.toBe(0);
  await engine.start();
  expect(await docker('images', '-q', 'heavy')).toBe('');
  await docker('pull', '--quiet', 'heavy');
  expect(await docker('images', '--format', '{{.Repository}}', 'heavy')).toBe('heavy');
});

test('logs -f ends with the engine, and begins again where the log goes on', async () => {
  const script = 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.01; done';
  await docker('run', '-d', '--name', 'counter', 'busybox', 'sh', '-c', script);
  const first = engine.docker.start(['logs', '-f', 'counter']);
  await first.outputMatching(/^5$/m);
  await engine.kill9();
  const { stdout } = await first.result;
  await engine.start();
  const last = stdout.trim().split('\n').length;
  const second = engine.docker.start(['logs', '-f', 'counter']);
  await second.outputMatching(new RegExp(`^${last + 20}$`, 'm'));
  second.kill();
  await second.result;
});

test('an exec goes down with the engine, and the container takes the next one', async () => {
  await docker('run', '-d', '--name', 'box', 'busybox', 'sleep', '60');
  const shell = engine.docker.start(['exec', '-i', 'box', 'sh']);
  shell.write('echo inside\n');
  await shell.outputMatching(/inside/);
  await engine.kill9();
  expect((await shell.result).code).not.toBe(0);
  await engine.start();
  expect(await docker('exec', 'box', 'echo', 'next')).toBe('next');
});

test('a run that was cut off leaves a container that is known and can be removed', async () => {
  for (let attempt = 0; attempt < 4; attempt++) {
    const runs = Array.from({ length: 4 }, () =>
      engine.docker.start(['run', '-d', 'busybox', 'sleep', '60']),
    );
    await runs[attempt]?.result;
    await engine.kill9();
    await Promise.all(runs.map(({ result }) => result));
    await engine.start();
    const states = (await docker('ps', '-a', '--format', '{{.State}}')).split('\n').filter(Boolean);
    expect(states.length).toBeLessThanOrEqual(4);
    expect(['running', 'created', 'exited']).toEqual(expect.arrayContaining([...new Set(states)]));
    await engine.removeContainers();
    expect(await docker('ps', '-aq')).toBe('');
  }
});

test('a published port goes on working without the engine and after it', async () => {
  const server = 'echo hello > /tmp/index.html; httpd -f -p 80 -h /tmp';
  await docker('run', '-d', '--name', 'web', '-p', '8080:80', 'busybox', 'sh', '-c', server);
  const fetchIt = (): Promise<string> =>
    engine.namespace.run('curl', '-sS', '--max-time', '2', 'http://127.0.0.1:8080/');
  await eventually('the first answer', fetchIt);
  await engine.kill9();
  expect(await fetchIt()).toBe('hello\n');
  await engine.start();
  expect(await fetchIt()).toBe('hello\n');
  const refused = await engine.docker.run(['run', '--rm', '-p', '8080:80', 'busybox', 'true']);
  expect(refused.code).toBe(125);
});

test('a second engine on the same roots is refused', async () => {
  const [program, args] = engine.namespace.command(
    process.execPath,
    ...['engine/main.ts', '--host', `unix://${engine.folder}/second.sock`],
    ...['--data-root', engine.dataRoot, '--exec-root', engine.execRoot],
    ...['--pidfile', `${engine.folder}/second.pid`],
  );
  const { code, stderr } = await runCommand(program, args);
  expect(code).toBe(1);
  expect(stderr).toMatch(/in use|another engine|already/i);
});

test('an engine that fails to start leaves nothing on the machine', SLOW, async () => {
  const [data, run] = [join(engine.folder, 'failing'), join(engine.execRoot, 'failing')];
  const before = await engine.namespace.interfaces();
  const start = (...flags: string[]) =>
    runCommand(
      ...engine.namespace.command(
        process.execPath,
        ...['engine/main.ts', '--host', `unix://${engine.folder}/failing.sock`],
        ...['--data-root', data, '--exec-root', run, '--pidfile', `${data}.pid`, ...flags],
      ),
    );
  // Early, when the runtimes are at hand; and late, with everything made, since a host is refused.
  for (const flags of [
    ['--default-runtime', 'nosuch'],
    ['--host', 'tcp://127.0.0.1:0'],
  ]) {
    const { code, stderr } = await start(...flags);
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/nosuch|--tlsverify/),
    });
    expect(mountsUnder(run)).toEqual([]);
    expect(await engine.namespace.interfaces()).toEqual(before);
    expect(existsSync(`${data}.pid`)).toBe(false);
  }
});

test(
  'an engine that stops while it starts containers and pulls leaves nothing half-made',
  SLOW,
  async () => {
    const noise = Buffer.alloc(24 << 20, 7);
    engine.registry.storage.pushImage('library/long', {
      layers: [{ compression: 'none', files: [{ name: 'noise', content: noise }] }],
    });
    const runs = Array.from({ length: 6 }, () =>
      engine.docker.start(['run', '-d', 'busybox', 'sleep', '60']),
    );
    const pull = engine.docker.start(['pull', 'long']);
    await Promise.race(runs.map(({ result }) => result));
    await engine.stop();
    // The CLI prints an id as soon as the container is created; its status tells that it was started.
    const ended = await Promise.all(runs.map(({ result }) => result));
    const told = ended.filter(({ code }) => code === 0).map(({ stdout }) => stdout.trim());
    await pull.result;
    await engine.start();
    const list = async (...flags: string[]) =>
      (await docker('ps', '--no-trunc', '--format', '{{.ID}}', ...flags))
        .split('\n')
        .filter(Boolean);
    const running = await list();
    expect(running).toEqual(expect.arrayContaining(told));
    expect(readdirSync(join(engine.execRoot, 'runtimes/crun')).toSorted()).toEqual(
      running.toSorted(),
    );
    await engine.removeContainers();
    expect(await list('-a')).toEqual([]);
  },
);

/** CPU time of the process's children so far, in clock ticks; grows while it works. */
function lastCpuTime(pid: string): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  return fields.slice(11, 15).reduce((total, field) => total + Number(field), 0);
}
