/** Pulling from Debian's docker-registry: plain, over TLS, with a password, and over a bad line. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LoopbackRegistry } from './testing/loopback-registry.ts';
import { ImageWorld } from './testing/image-world.ts';

const tester = { username: 'tester', password: 'secret' };
const noise = (bytes: number) => ({ files: [{ name: 'noise', content: randomBytes(bytes) }] });

test.each([
  ['plain HTTP', {}],
  ['TLS, self-signed on loopback', { tls: true }],
  ['a password', { password: true }],
])('a pull over %s', async (_, options) => {
  await using world = await ImageWorld.create();
  await using registry = await LoopbackRegistry.start(options);
  const layers = [noise(3_000_000), { ...noise(2_000_000), compression: 'zstd' as const }];
  const pushed = registry.storage.pushImage('a/b', { layers, format: 'oci' });
  const name = `${registry.address}/a/b`;
  const lines = await world.pull(name, { credentials: tester });
  expect(lines.at(-2)?.status).toBe(`Digest: ${pushed.digest}`);
  expect(world.layersOf(name).map((path) => statSync(join(path, 'noise')).size)).toEqual([
    3_000_000, 2_000_000,
  ]);
});

test('a pull goes through a mirror that fetches what it lacks, and from it alone once it has it', async () => {
  await using world = await ImageWorld.create();
  await using upstream = await LoopbackRegistry.start();
  await using mirror = await LoopbackRegistry.start({ mirrorOf: `http://${upstream.address}` });
  const pushed = upstream.storage.pushImage('a', { layers: [noise(500_000)] });
  const mirrors = { [upstream.address]: [`http://${mirror.address}`] };
  await using mirrored = await ImageWorld.create({ mirrors });
  const name = `${upstream.address}/a`;
  await mirrored.pull(name);
  expect(mirrored.images.find(name).id).toBe(pushed.config.digest);
  // What came through is the mirror's now.
  await world.pull(`${mirror.address}/a@${pushed.digest}`);
  // And without the mirror the registry itself is asked.
  await mirror[Symbol.asyncDispose]();
  await using again = await ImageWorld.create({ mirrors });
  await again.pull(name);
  expect(again.images.find(name).id).toBe(pushed.config.digest);
});

test('a pull over a line that is cut again and again goes on each time', async () => {
  await using world = await ImageWorld.create();
  await using registry = await LoopbackRegistry.start();
  registry.storage.pushImage('a', { layers: [noise(5_000_000)] });
  await using line = await badLine(registry.address, 1_500_000);
  const name = `${line.address}/a`;
  await world.pull(name);
  expect(statSync(join(world.layersOf(name)[0] ?? '', 'noise')).size).toBe(5_000_000);
  expect(line.cuts()).toBeGreaterThan(2);
});

test('a client that leaves a pull ends it, and the next one goes on from there', async () => {
  await using world = await ImageWorld.create();
  await using registry = await LoopbackRegistry.start();
  const layers = [noise(30_000_000), noise(30_000_000)];
  registry.storage.pushImage('a', { layers });
  const client = new AbortController();
  const reference = { domain: registry.address, path: 'a', tag: 'latest' };
  const pull = world.images.pull({ reference, platform: '' }, client.signal);
  for await (const { status } of pull) if (status === 'Downloading') break;
  expect(world.onDisk()).toMatchObject({ layers: 0, blobs: 0 });
  await world.pull(`${registry.address}/a`);
  expect(world.onDisk()).toMatchObject({ layers: 2, ingests: 0 });
});

/** A way to the registry that breaks each connection after so many bytes from there. */
async function badLine(to: string, bytesEach: number) {
  const [host = '', port = ''] = to.split(':');
  let cuts = 0;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), host);
    open.add(client);
    let passed = 0;
    client.pipe(upstream);
    upstream.on('data', (bytes: Buffer) => {
      passed += bytes.length;
      client.write(bytes);
      if (passed < bytesEach) return;
      cuts++;
      upstream.destroy();
      client.resetAndDestroy();
    });
    for (const end of [client, upstream])
      end.on('error', () => {}).on('close', () => void (client.destroy(), upstream.destroy()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    cuts: () => cuts,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy(); // kept alive by clients
      server.close();
      await once(server, 'close');
    },
  };
}
