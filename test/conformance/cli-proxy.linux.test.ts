/**
 * Pulling, pushing and importing through an HTTP proxy that wants a password. The proxy alone knows the
 * names of the registries, so nothing of what is told here can have gone past it.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RunningCommand } from '../support/command.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { Registry } from '../support/registry.ts';

const PROXY = 'http://user:pa%40ss@127.0.0.1:3128';
/** Tells each request, and takes every name for the registry on loopback. */
const PROXY_SCRIPT = `
  const http = require('node:http'), net = require('node:net');
  const known = 'Basic ' + btoa('user:pa@ss');
  const at = (host) => host.endsWith('.test') ? '127.0.0.1' : host;
  const server = http.createServer((request, response) => {
    console.log(request.method, request.url);
    if (request.headers['proxy-authorization'] !== known) { response.writeHead(407).end(); return; }
    const { hostname, port, pathname, search } = new URL(request.url);
    const { 'proxy-authorization': _, ...headers } = request.headers;
    const onward = http.request(
      { host: at(hostname), port: port || 80, path: pathname + search, method: request.method, headers },
      (answer) => { response.writeHead(answer.statusCode, answer.headers); answer.pipe(response); });
    onward.on('error', () => response.writeHead(502).end());
    request.pipe(onward);
  });
  server.on('connect', (request, socket, head) => {
    console.log('CONNECT', request.url);
    socket.on('error', () => {});
    if (request.headers['proxy-authorization'] !== known) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\\r\\n\\r\\n');
      return;
    }
    const [host, port] = request.url.split(':');
    const onward = net.connect(port, at(host), () => {
      socket.write('HTTP/1.1 200 Connection established\\r\\n\\r\\n');
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    onward.on('error', () => socket.destroy());
    socket.on('close', () => onward.destroy());
  });
  server.listen(3128, '127.0.0.1', () => console.log('ready'));`;

const PLAIN = 'plain.test:5003';
const SECURE = '10.77.0.1:5002';
const DIRECT = '10.77.0.2:5004';

describe.each([
  [
    'flags',
    ['--http-proxy', PROXY, '--https-proxy', PROXY, '--no-proxy', '10.77.0.2/32'],
    undefined,
  ],
  [
    'the environment',
    [],
    { ...process.env, HTTP_PROXY: PROXY, https_proxy: PROXY, NO_PROXY: 'other.test,10.77.0.2' },
  ],
] as const)('a proxy that %s name', (_, args, env) => {
  let certificates: string;
  let engine: TestEngine;
  let proxy: RunningCommand;
  const registries: Registry[] = [];
  beforeAll(async () => {
    certificates = mkdtempSync(join(tmpdir(), 'gantry-certs-'));
    engine = await startEngine({
      args: [
        ...['--registry-certs', certificates, '--insecure-registry', PLAIN],
        ...['--insecure-registry', DIRECT, ...args],
      ],
      ...(env && { env }),
    });
    const { namespace } = engine;
    proxy = new RunningCommand(...namespace.command(process.execPath, '-e', PROXY_SCRIPT));
    await proxy.outputMatching(/ready/);
    registries.push(
      await Registry.start({ namespace, port: 5003 }),
      await Registry.start({ namespace, host: '10.77.0.1', port: 5002, tls: true }),
      await Registry.start({ namespace, host: '10.77.0.2', port: 5004 }),
    );
    mkdirSync(join(certificates, SECURE));
    cpSync((registries[1] as Registry).caFile, join(certificates, SECURE, 'ca.crt'));
  });
  afterAll(async () => {
    proxy.kill('SIGKILL');
    await proxy.result;
    for (const registry of registries.splice(0)) await registry.close();
    await engine.close();
    rmSync(certificates, { recursive: true, force: true });
  });

  const docker = (...command: string[]): Promise<string> => engine.docker.ok(...command);
  const askedFor = (host: string) => proxy.stdout.split('\n').filter((line) => line.includes(host));

  test('is asked for the whole address of what is plain', async () => {
    await docker('pull', `${PLAIN}/library/busybox`);
    const asked = askedFor(PLAIN);
    expect(asked).toContain(`GET http://${PLAIN}/v2/library/busybox/manifests/latest`);
    expect(asked).toContainEqual(
      expect.stringMatching(`^GET http://${PLAIN}/v2/library/busybox/blobs/sha256:`),
    );
    await docker('tag', `${PLAIN}/library/busybox`, `${PLAIN}/pushed`);
    expect(await docker('push', `${PLAIN}/pushed`)).toMatch(/^latest: digest: sha256:/m);
    expect(askedFor(PLAIN)).toContain(`PUT http://${PLAIN}/v2/pushed/manifests/latest`);
  });

  test('is asked for a connection to what is encrypted, and sees no more of it', async () => {
    await docker('pull', `${SECURE}/library/busybox`);
    expect(new Set(askedFor(SECURE))).toEqual(new Set([`CONNECT ${SECURE}`]));
  });

  test('is not asked for exceptions, nor for this machine', async () => {
    await docker('pull', `${DIRECT}/library/busybox`);
    await docker('pull', '127.0.0.1:5000/library/busybox');
    expect([...askedFor(DIRECT), ...askedFor('127.0.0.1')]).toEqual([]);
  });

  test('downloads what is imported', async () => {
    const { layers } = (registries[0] as Registry).storage.pushImage('library/small', {
      layers: [{ files: [{ name: 'file', content: 'content' }] }],
    });
    const address = `http://${PLAIN}/v2/library/small/blobs/${layers[0]?.digest}`;
    await docker('import', address, 'imported');
    expect(await docker('image', 'inspect', '-f', '{{.Size}} {{.Comment}}', 'imported')).toBe(
      `7 Imported from ${address}`,
    );
    expect(askedFor(PLAIN)).toContain(`GET ${address}`);
  });

  test('is shown by docker info without its password', async () => {
    const shown = await docker('info', '-f', '{{.HTTPProxy}} {{.NoProxy}}');
    expect(shown).toMatch(/^http:\/\/xxxxx:xxxxx@127\.0\.0\.1:3128 .*10\.77\.0\.2/);
    expect(engine.log).not.toContain('pa%40ss');
  });
});
