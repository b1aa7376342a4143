/** `docker logs` in the combinations of its options, of containers that have ended and that write on. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await startEngine();
  await engine.docker.ok('pull', '--quiet', 'busybox');
});
afterAll(() => engine.close());

const docker = (...args: string[]): Promise<string> => engine.docker.ok(...args);
/** Writes numbers without pause. */
const ENDLESS = ['sh', '-c', 'i=0; while :; do echo $i; i=$((i+1)); done'];

function isCounting(lines: readonly string[]): boolean {
  const first = Number(lines[0]);
  return lines.every((line, index) => Number(line) === first + index);
}

test('details are the labels, variables and tag that the options name', async () => {
  await engine.docker.run([
    ...['run', '--name', 'detailed', '--label', 'com.x=1', '--label', 'y=a b', '-e', 'AA=b'],
    ...['--log-opt', 'labels=y', '--log-opt', 'labels-regex=^com', '--log-opt', 'env=AA'],
    ...['--log-opt', 'tag={{.Name}}', 'busybox', 'sh', '-c', 'echo one; printf part'],
  ]);
  const details = 'AA=b,com.x=1,tag=detailed,y=a+b';
  expect((await engine.docker.run(['logs', '--details', 'detailed'])).stdout).toBe(
    `${details} one\n${details} part`,
  );
  expect(await docker('logs', '--details', '-t', '--tail', '2', 'detailed')).toMatch(
    /^\S+Z AA=b,com\.x=1,tag=detailed,y=a\+b one\n\S+Z AA=b.* part$/,
  );
});

test('a log that cannot be stored is refused, one of the local driver is read', async () => {
  await docker('run', '--name', 'silent', '--log-driver', 'none', 'busybox', 'echo', 'x');
  const refused = await engine.request('/containers/silent/logs?stdout=1');
  expect(refused.status).toBe(501);
  expect(refused.json()).toEqual({ message: 'configured logging driver does not support reading' });
  await docker('run', '--name', 'local', '--log-driver', 'local', 'busybox', 'echo', 'kept');
  expect(await docker('logs', 'local')).toBe('kept');
});

test('lines are frames unless there is a terminal, and the content type tells since API 1.42', async () => {
  const bytes = String.raw`printf "a\0\377\nb"`;
  await docker('run', '--name', 'framed', 'busybox', 'sh', '-c', bytes);
  await engine.docker.run(['run', '--name', 'raw', '-t', 'busybox', 'sh', '-c', 'echo x'], {
    tty: true,
  });
  const typeOf = async (path: string) => (await engine.request(path)).headers['content-type'];
  const raw = 'application/vnd.docker.raw-stream';
  expect(await typeOf('/containers/framed/logs?stdout=1')).toBe(
    'application/vnd.docker.multiplexed-stream',
  );
  expect(await typeOf('/v1.41/containers/framed/logs?stdout=1')).toBe(raw);
  expect(await typeOf('/containers/raw/logs?stdout=1')).toBe(raw);
  expect((await engine.request('/containers/raw/logs?stdout=1')).text).toBe('x\r\n');
  const { stdoutBytes } = await engine.docker.run(['logs', 'framed']);
  expect(stdoutBytes).toEqual(Buffer.from('a\0\xff\nb', 'latin1'));
});

test('the log of a container that writes without pause has an end, unless it is followed', async () => {
  await docker('run', '-d', '--name', 'endless', '--log-opt', 'max-size=1m', 'busybox', ...ENDLESS);
  await eventually(
    'some lines',
    async () => (await docker('logs', '--tail', '50', 'endless')).split('\n').length === 50,
  );
  const all = (await docker('logs', 'endless')).split('\n');
  expect(all.length).toBeGreaterThan(50);
  expect(isCounting(all)).toBe(true);
  expect((await docker('logs', '--tail', '3', 'endless')).split('\n')).toHaveLength(3);
  // Followed, it ends when its time has come.
  const until = new Date(Date.now() + 500).toISOString();
  const followed = await docker('logs', '-f', '-t', '--until', until, 'endless');
  const lines = followed.split('\n').map((line) => line.split(' ') as [string, string]);
  expect(isCounting(lines.map(([, number]) => number))).toBe(true);
  expect(Date.parse(lines.at(-1)?.[0] ?? '')).toBeLessThanOrEqual(Date.parse(until));
  await docker('rm', '-f', 'endless');
});

test('following goes on over rotations, and over a restart where it left off', async () => {
  const script =
    'i=0; while read line; do j=0; while [ $j -lt 3000 ]; do echo "$i"; i=$((i+1)); j=$((j+1)); done; done';
  await docker(
    ...['run', '-di', '--name', 'long', '--log-opt', 'max-size=20k', '--log-opt', 'max-file=50'],
    ...['busybox', 'sh', '-c', script],
  );
  const input = engine.docker.start(['attach', 'long']);
  const follower = engine.docker.start(['logs', '-f', 'long']);
  for (const last of [2999, 5999]) {
    input.write('more\n');
    await follower.outputMatching(new RegExp(`^${last}$`, 'm'));
  }
  await engine.kill9();
  await engine.start();
  await follower.result;
  await input.result;
  const again = engine.docker.start(['attach', 'long']);
  again.write('more\n');
  const follower2 = engine.docker.start(['logs', '-f', 'long']);
  await follower2.outputMatching(/^8999$/m);
  again.end();
  await docker('rm', '-f', 'long');
  const lines = (await follower2.result).stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(9000);
  expect(isCounting(lines)).toBe(true);
});
