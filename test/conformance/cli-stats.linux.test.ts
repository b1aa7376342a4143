/** `docker stats`: what containers use, as the CLI shows it and the API tells it. */
import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ContainerStats } from '../../engine/contract/stats.ts';
import { eventually } from '../support/eventually.ts';
import { startSubject, type Subject } from './subject.ts';

let subject: Subject;
beforeAll(async () => {
  subject = await startSubject();
  await Promise.all([
    docker('run', '-d', '--name', 'busy', 'busybox', 'sh', '-c', 'while :; do :; done'),
    docker('run', '-d', '--name', 'calm', '--pids-limit', '50', '-m', '64m', 'busybox', ...SLEEP),
    docker('run', '-d', '--name', 'hosted', '--network', 'host', 'busybox', ...SLEEP),
    docker('run', '-d', '--name', 'alone', '--network', 'none', 'busybox', ...SLEEP),
    docker('create', '--name', 'unstarted', 'busybox', 'true'),
  ]);
  await docker('run', '-d', '--name', 'guest', '--network', 'container:calm', 'busybox', ...SLEEP);
});
afterAll(() => subject.close());

const SLEEP = ['sleep', '600'];
const docker = (...args: string[]): Promise<string> => subject.docker.ok(...args);

async function statsOf(name: string, query = 'stream=0'): Promise<ContainerStats> {
  const answer = await subject.request(`/containers/${name}/stats?${query}`);
  expect(answer.status).toBe(200);
  return answer.json() as ContainerStats;
}

/** As the CLI reckons it. */
function processorPercent({ cpu_stats: now, precpu_stats: before }: ContainerStats): number {
  const used = now.cpu_usage.total_usage - before.cpu_usage.total_usage;
  const whole = (now.system_cpu_usage ?? 0) - (before.system_cpu_usage ?? 0);
  return (used / whole) * (now.online_cpus ?? 0) * 100;
}

describe('one reading', () => {
  test('has a second reading before it, so that the share of the processor is known', async () => {
    const busy = await statsOf('busy');
    expect(Date.parse(busy.read) - Date.parse(busy.preread)).toBeGreaterThan(400);
    // Of one processor, which it shares with whatever else runs here.
    expect(processorPercent(busy)).toBeGreaterThan(0.5);
    expect(processorPercent(busy)).toBeLessThan(150);
    expect(processorPercent(await statsOf('calm'))).toBeLessThan(5);
  });

  test('tells limits, memory and processes', async () => {
    const calm = await statsOf('calm', 'stream=0&one-shot=1');
    expect(calm.pids_stats).toEqual({ current: 1, limit: 50 });
    expect(calm.memory_stats.limit).toBe(64 << 20);
    expect(calm.memory_stats.usage).toBeGreaterThan(0);
    expect(calm).toMatchObject({ name: '/calm', preread: '0001-01-01T00:00:00Z' });
    expect((await statsOf('busy', 'stream=0&one-shot=1')).pids_stats).toEqual({ current: 1 });
  });

  test('counts the traffic of a network of its own, or of the container it shares it with', async () => {
    for (const name of ['calm', 'guest']) {
      const { networks } = await statsOf(name, 'stream=0&one-shot=1');
      expect(Object.keys(networks ?? {})).toEqual(['eth0']);
      expect(networks?.['eth0']?.rx_bytes).toBeGreaterThanOrEqual(0);
    }
    for (const name of ['hosted', 'alone'])
      expect(await statsOf(name, 'stream=0&one-shot=1')).not.toHaveProperty('networks');
  });

  test('of a container that does not run is its name, its id and zeros', async () => {
    const stats = await statsOf('unstarted');
    expect(stats).toMatchObject({
      name: '/unstarted',
      id: expect.stringMatching(/^[0-9a-f]{64}$/),
      read: '0001-01-01T00:00:00Z',
      pids_stats: {},
      memory_stats: {},
      cpu_stats: { cpu_usage: { total_usage: 0 } },
      blkio_stats: { io_service_bytes_recursive: null },
    });
    expect(stats.cpu_stats).not.toHaveProperty('system_cpu_usage');
  });

  test('of a paused container shows that it uses nothing', async () => {
    await docker('pause', 'busy');
    expect(processorPercent(await statsOf('busy'))).toBeLessThan(0.1);
    await docker('unpause', 'busy');
  });

  test('is refused as both one and many, and of no container', async () => {
    const both = await subject.request('/containers/calm/stats?one-shot=1');
    expect(both).toMatchObject({ status: 400 });
    expect(both.json()).toEqual({ message: 'cannot have stream=true and one-shot=true' });
    const none = await subject.request('/containers/nobody/stats');
    expect(none).toMatchObject({ status: 404 });
  });
});

test('a stream tells a second after another, also of a container that does not run, until it is removed', async () => {
  await docker('run', '-d', '--name', 'brief', 'busybox', ...SLEEP);
  const stream = openStream('/containers/brief/stats');
  const counts = () => stream.documents.map(({ pids_stats: { current } }) => current ?? 0);
  await eventually('two readings', () => counts().filter((current) => current === 1).length >= 2);
  await docker('kill', 'brief');
  await eventually('a reading without processes', () => counts().at(-1) === 0);
  await docker('rm', 'brief');
  await stream.ended;
});

test('docker stats shows a hundred containers in one table', async () => {
  const names = Array.from({ length: 96 }, (_, index) => `many${index}`);
  const create = (name: string) =>
    subject.request(`/containers/create?name=${name}`, {
      method: 'POST',
      body: { Image: 'busybox' },
    });
  await Promise.all(names.map(create));
  const table = await docker('stats', '--no-stream', '--all', '--format', '{{.Name}} {{.PIDs}}');
  const rows = new Map(table.split('\n').map((row) => row.split(' ') as [string, string]));
  expect(rows.size).toBe(names.length + 6);
  expect(rows.get('calm')).toBe('1');
  expect(rows.get('many7')).toBe('0');
  await docker('rm', ...names);
});

function openStream(path: string): { documents: ContainerStats[]; ended: Promise<void> } {
  const documents: ContainerStats[] = [];
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  const sent = request({ socketPath: subject.socket, path, agent: false }, (response) => {
    const lines = createInterface(response);
    lines.on('line', (line) => documents.push(JSON.parse(line) as ContainerStats));
    lines.once('close', resolve);
  });
  sent.once('error', reject);
  sent.end();
  return { documents, ended };
}
