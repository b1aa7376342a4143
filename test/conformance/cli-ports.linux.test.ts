/** Published ports, as reached from the host and from other containers. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startSubject, type Subject } from './subject.ts';

let subject: Subject;
beforeAll(async () => {
  subject = await startSubject();
});
afterAll(() => subject.close());
afterEach(async () => {
  const all = (await subject.docker.ok('ps', '-aq')).split('\n').filter(Boolean);
  if (all.length > 0) await subject.docker.ok('rm', '-f', ...all);
});

const docker = (...args: string[]): Promise<string> => subject.docker.ok(...args);
const WEB_SERVER = ['busybox', 'sh', '-c', 'echo hello > /tmp/index.html; httpd -f -p 80 -h /tmp'];

function fetchFromHost(address: string): Promise<string> {
  return eventually(`an answer from ${address}`, () =>
    subject.namespace.run('curl', '-sS', '--max-time', '2', `http://${address}/`),
  );
}

test('a port published with -p answers on loopback and on the addresses of the host', async () => {
  await docker('run', '-d', '--name', 'web', '-p', '8080:80', ...WEB_SERVER);
  expect(await fetchFromHost('127.0.0.1:8080')).toBe('hello\n');
  const gateway = await docker(
    'inspect',
    '-f',
    '{{.NetworkSettings.Networks.bridge.Gateway}}',
    'web',
  );
  expect(await fetchFromHost(`${gateway}:8080`)).toBe('hello\n');
  expect(await docker('port', 'web', '80')).toContain('0.0.0.0:8080');
  expect(await docker('ps', '--format', '{{.Ports}}')).toContain('0.0.0.0:8080->80/tcp');
});

test('a port is chosen where -p names none', async () => {
  await docker('run', '-d', '--name', 'web', '-p', '127.0.0.1::80', ...WEB_SERVER);
  const address = await docker('port', 'web', '80');
  expect(address).toMatch(/^127\.0\.0\.1:\d+$/);
  expect(await fetchFromHost(address)).toBe('hello\n');
});

test('another container reaches the published port at the gateway, and the container itself by address', async () => {
  await docker('run', '-d', '--name', 'web', '-p', '8080:80', ...WEB_SERVER);
  await fetchFromHost('127.0.0.1:8080');
  const format =
    '{{.NetworkSettings.Networks.bridge.IPAddress}} {{.NetworkSettings.Networks.bridge.Gateway}}';
  const [address = '', gateway = ''] = (await docker('inspect', '-f', format, 'web')).split(' ');
  const get = (host: string, port: string) => {
    const request = `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 3 ${host} ${port}`;
    return docker('run', '--rm', 'busybox', 'sh', '-c', request);
  };
  expect(await get(address, '80')).toMatch(/hello$/);
  expect(await get(gateway, '8080')).toMatch(/hello$/);
});

test('a port that is taken is refused, and free again when its container has ended', async () => {
  await docker('run', '-d', '--name', 'first', '-p', '8080:80', ...WEB_SERVER);
  const refused = await subject.docker.run(['run', '--rm', '-p', '8080:80', 'busybox', 'true']);
  expect(refused.code).toBe(125);
  expect(refused.stderr).toContain('Bind for 0.0.0.0:8080 failed: port is already allocated');
  await docker('rm', '-f', 'first');
  await docker('run', '--rm', '-p', '8080:80', 'busybox', 'true');
});

test('a published UDP port takes datagrams and sends the answer back', async () => {
  // busybox has no UDP server: the container borrows the host's perl, which every Debian has.
  const borrowed = ['/usr', '/lib', '/lib64'].flatMap((path) => ['-v', `${path}:${path}:ro`]);
  const socket = 'use IO::Socket::INET; my $s = IO::Socket::INET->new(Proto => "udp",';
  const server = `${socket} LocalPort => 53); while ($s->recv(my $d, 99)) { $s->send("$d back") }`;
  const client = `${socket} PeerAddr => "127.0.0.1:5353"); $s->send("there and"); alarm 1; $s->recv(my $d, 99); print $d`;
  await docker('run', '-d', '-p', '5353:53/udp', ...borrowed, 'busybox', 'perl', '-e', server);
  // A datagram that comes before the server listens is answered by nobody.
  const answer = await eventually('an answer over UDP', async () => {
    return (await subject.namespace.run('perl', '-e', client)) || undefined;
  });
  expect(answer).toBe('there and back');
});
