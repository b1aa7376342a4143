/** Health checks by the docker CLI: probed, told, shown. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { busyboxFiles } from '../support/base-images.ts';
import { EventRecorder } from '../support/event-recorder.ts';
import { eventually } from '../support/eventually.ts';
import type { HttpAnswer } from '../support/unix-http.ts';
import { startSubject, SUBJECT, type Subject } from './subject.ts';

interface Health {
  readonly Status: string;
  readonly FailingStreak: number;
  readonly Log: readonly { Start: string; End: string; ExitCode: number; Output: string }[];
}

let subject: Subject;
beforeAll(async () => {
  subject = await startSubject();
});
afterAll(() => subject.close());
afterEach(async () => {
  const all = (await docker('ps', '-aq')).split('\n').filter(Boolean);
  if (all.length > 0) await docker('rm', '-f', '-v', ...all);
});

const docker = (...args: string[]): Promise<string> => subject.docker.ok(...args);
const healthOf = async (name: string): Promise<Health> =>
  JSON.parse(await docker('inspect', '-f', '{{json .State.Health}}', name)) as Health;
const becomes = (name: string, status: string): Promise<unknown> =>
  eventually(`${name} is ${status}`, async () => (await healthOf(name)).Status === status);
const create = (name: string, config: object): Promise<HttpAnswer> =>
  subject.request(`/containers/create?name=${name}`, {
    method: 'POST',
    body: { Image: 'busybox', Cmd: ['sleep', '600'], ...config },
  });

const OFTEN = ['--health-interval', '100ms'];
const run = (name: string, command: string, ...options: string[]): Promise<string> =>
  docker(
    'run',
    '-d',
    '--name',
    name,
    '--health-cmd',
    command,
    ...OFTEN,
    ...options,
    'busybox',
    'sleep',
    '600',
  );
const results = async (name: string): Promise<number> => (await healthOf(name)).Log.length;

describe('a health check', () => {
  test('makes a container unhealthy after its failures in a row, and healthy with a success', async () => {
    using recorder = await EventRecorder.open(subject.socket);
    await run('web', 'echo tried; test -e /ok', '--health-retries', '3');
    expect(await docker('ps', '--format', '{{.Status}}')).toMatch(
      / \((health: starting|unhealthy)\)$/,
    );
    await recorder.until('health_status: unhealthy', 'web');
    const sick = await healthOf('web');
    expect(sick.FailingStreak).toBeGreaterThanOrEqual(3);
    expect(sick.Log.at(-1)).toMatchObject({ ExitCode: 1, Output: 'tried\n' });
    expect(await docker('ps', '--filter', 'health=unhealthy', '--format', '{{.Names}}')).toBe(
      'web',
    );
    await docker('exec', 'web', 'touch', '/ok');
    await recorder.until('health_status: healthy', 'web');
    expect(await docker('ps', '--format', '{{.Status}}')).toMatch(/^Up .* \(healthy\)$/);
    expect(await docker('ps', '--filter', 'health=none', '--format', '{{.Names}}')).toBe('');
    await eventually('five results', async () => (await results('web')) === 5);
    await docker('stop', '-t', '0', 'web');
    const actions = recorder.actions('web');
    const probe = '/bin/sh -c echo tried; test -e /ok';
    const start = actions.indexOf('start');
    expect(actions.slice(start + 1, start + 4)).toEqual([
      ...[`exec_create: ${probe}`, `exec_start: ${probe}`, 'exec_die'],
    ]);
    expect(actions.filter((action) => action.startsWith('health'))).toEqual([
      'health_status: unhealthy',
      'health_status: healthy',
    ]);
    expect(await healthOf('web')).toMatchObject({ Status: 'unhealthy', FailingStreak: 0 });
    expect((await healthOf('web')).Log).toHaveLength(5);
  });

  test('that takes too long is ended with everything it started', async () => {
    const hang = 'echo waits; sleep 1001 & (setsid sleep 1002 &) ; sleep 1003';
    const command = `test -e /calm || { ${hang}; }`;
    await run('slow', command, '--health-timeout', '300ms', '--health-retries', '1');
    await becomes('slow', 'unhealthy');
    const [first] = (await healthOf('slow')).Log;
    expect(first?.ExitCode).toBe(-1);
    expect(first?.Output).toMatch(/^Health check exceeded timeout \(300ms\)/);
    await docker('exec', 'slow', 'touch', '/calm');
    await becomes('slow', 'healthy');
    // dockerd ends the program alone.
    if (SUBJECT === 'gantryd') expect(await docker('top', 'slow')).not.toMatch(/sleep 100/);
  });

  test('that is stuck holds up no other', async () => {
    const names = Array.from({ length: 5 }, (_, index) => `stuck-${index}`);
    for (const name of names) await run(name, 'sleep 1000', '--health-timeout', '10m');
    await eventually('all are stuck', async () =>
      (await Promise.all(names.map((name) => docker('top', name)))).every((it) =>
        it.includes('sleep 1000'),
      ),
    );
    await run('lively', 'true');
    await becomes('lively', 'healthy');
    expect(await docker('ps', '--filter', 'health=starting', '-q').then((it) => it.split('\n'))) //
      .toHaveLength(5);
  });

  test('does not count failures within the start period', async () => {
    const period = ['--health-start-period', '10m', '--health-retries', '1'];
    // The start interval is API 1.44's.
    await run(
      'slow',
      'test -e /ok',
      ...period,
      ...(SUBJECT === 'gantryd' ? ['--health-start-interval', '50ms'] : []),
    );
    await eventually('five failures', async () => (await results('slow')) === 5);
    expect(await healthOf('slow')).toMatchObject({ Status: 'starting', FailingStreak: 0 });
    await docker('exec', 'slow', 'touch', '/ok');
    await becomes('slow', 'healthy');
    await docker('exec', 'slow', 'rm', '/ok');
    await becomes('slow', 'unhealthy');
  });

  test('leaves a paused container alone', async () => {
    await run('frozen', 'true');
    await becomes('frozen', 'healthy');
    await docker('pause', 'frozen');
    expect(await docker('ps', '--format', '{{.Status}}')).toMatch(/\(Paused\)$/);
    const paused = await healthOf('frozen');
    expect(paused.Status).toBe('unhealthy');
    await run('other', 'true');
    await eventually(
      'the other is probed again and again',
      async () => (await results('other')) === 5,
    );
    expect((await healthOf('frozen')).Log).toEqual(paused.Log);
    await docker('unpause', 'frozen');
    await becomes('frozen', 'healthy');
  });

  test('keeps the first 4096 bytes of what a probe says', async () => {
    await run('chatty', 'head -c 5000 /dev/zero | tr "\\0" x');
    await becomes('chatty', 'healthy');
    expect((await healthOf('chatty')).Log[0]?.Output).toBe(`${'x'.repeat(4096)}...`);
  });

  test('that cannot be run fails with the reason', async () => {
    await create('broken', { Healthcheck: { Test: ['CMD', 'nosuch'], Interval: 1e8 } });
    await docker('start', 'broken');
    await becomes('broken', 'unhealthy');
    const [first] = (await healthOf('broken')).Log;
    expect(first?.ExitCode).toBe(-1);
    expect(first?.Output).toContain('exec: "nosuch": executable file not found in $PATH');
  });
});

describe('the check of an image', () => {
  beforeAll(async () => {
    subject.registry.storage.pushImage('library/checked', {
      layers: [{ files: await busyboxFiles() }],
      config: {
        Cmd: ['sleep', '600'],
        Shell: ['/bin/sh', '-x', '-c'],
        Healthcheck: { Test: ['CMD-SHELL', 'echo image'], Interval: 1e8, Retries: 4 },
      },
    });
    await docker('pull', '--quiet', 'checked');
  });
  const configOf = async (): Promise<unknown> =>
    JSON.parse(await docker('inspect', '-f', '{{json .Config.Healthcheck}}', 'box'));

  // dockerd looks for a shell in the request alone.
  test.runIf(SUBJECT === 'gantryd')('is run with the shell of the image', async () => {
    await docker('run', '-d', '--name', 'box', 'checked');
    await becomes('box', 'healthy');
    expect((await healthOf('box')).Log[0]?.Output).toMatch(
      /^(\+ echo image\nimage\n|image\n\+ echo image\n)$/,
    );
  });

  test('fills in what the container leaves open', async () => {
    await docker('create', '--name', 'box', '--health-retries', '7', 'checked');
    const Test = ['CMD-SHELL', 'echo image'];
    expect(await configOf()).toEqual({ Test, Interval: 1e8, Retries: 7 });
  });

  test('is taken away by --no-healthcheck', async () => {
    await docker('run', '-d', '--name', 'box', '--no-healthcheck', 'checked');
    expect(await configOf()).toMatchObject({ Test: ['NONE'] });
    expect(await docker('inspect', '-f', '{{json .State.Health}}', 'box')).toBe('null');
    expect(
      await docker('ps', '--filter', 'health=none', '--format', '{{.Names}} {{.Status}}'),
    ).toMatch(/^box Up [^(]*$/);
  });
});

test.each([
  [{ Interval: 1000 }, 'Interval in Healthcheck cannot be less than 1ms'],
  [{ Timeout: -1 }, 'Timeout in Healthcheck cannot be less than 1ms'],
  [{ StartPeriod: 5 }, 'StartPeriod in Healthcheck cannot be less than 1ms'],
  [{ Retries: -1 }, 'Retries in Healthcheck cannot be negative'],
])('a check with %j is refused', async (health, message) => {
  const answer = await create('box', { Healthcheck: { Test: ['CMD', 'true'], ...health } });
  expect([answer.status, answer.json()]).toEqual([400, { message }]);
});
