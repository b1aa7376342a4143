/** TLS with private authorities and client certificates, redirects out of TLS, and proxies. */
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createPlainServer, type IncomingMessage, type Server } from 'node:http';
import { createServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mustRun } from '../../../test/support/command.ts';
import type { Connection } from './connection.ts';
import { readHostCertificates } from './host-certificates.ts';
import { NO_PROXIES } from './proxies.ts';
import { readBody, send } from './transport.ts';

const signal = new AbortController().signal;

let folder: string;
let secure: Server;
let plain: Server;
/** `127.0.0.1:port` of the TLS server. */
let host: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-tls-'));
  await makeAuthority();
  await makeCertificate('server', 'subjectAltName=IP:127.0.0.1,DNS:registry.test');
  await makeCertificate('client', 'extendedKeyUsage=clientAuth');
  plain = createPlainServer((_, response) => response.end('plain'));
  const at = (name: string) => readFileSync(join(folder, name));
  secure = createServer(
    {
      cert: at('server.pem'),
      key: at('server.key'),
      ca: at('ca.pem'),
      requestCert: true,
      rejectUnauthorized: false,
    },
    (request, response) => {
      if (request.url === '/to-plain')
        response.writeHead(307, { location: `http://${addressOf(plain)}/` });
      response.end(clientOf(request));
    },
  ) as unknown as Server;
  for (const server of [plain, secure]) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  host = addressOf(secure);
});
afterAll(() => {
  for (const server of [plain, secure]) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(folder, { recursive: true, force: true });
});

const addressOf = (server: { address(): AddressInfo | string | null }) =>
  `127.0.0.1:${(server.address() as AddressInfo).port}`;

function clientOf(request: IncomingMessage): string {
  const socket = request.socket as TLSSocket;
  return socket.authorized ? String(socket.getPeerCertificate().subject.CN) : 'nobody';
}

async function makeAuthority(): Promise<void> {
  await mustRun('openssl', [
    ...['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
    ...['-subj', '/CN=authority', '-days', '1'],
    ...['-keyout', join(folder, 'ca.key'), '-out', join(folder, 'ca.pem')],
  ]);
}

async function makeCertificate(name: string, extension: string): Promise<void> {
  const at = (end: string) => join(folder, `${name}.${end}`);
  writeFileSync(at('cnf'), `${extension}\n`);
  await mustRun('openssl', [
    ...['req', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
    ...['-subj', `/CN=${name}`, '-keyout', at('key'), '-out', at('csr')],
  ]);
  await mustRun('openssl', [
    ...['x509', '-req', '-days', '1', '-in', at('csr'), '-out', at('pem')],
    ...['-CA', join(folder, 'ca.pem'), '-CAkey', join(folder, 'ca.key'), '-CAcreateserial'],
    ...['-extfile', at('cnf')],
  ]);
}

/** As the engine reads it: `certs.d/<host>/…`. */
function connectionWith(files: Record<string, string>, more: Partial<Connection> = {}): Connection {
  const certificates = mkdtempSync(join(folder, 'certs.d-'));
  mkdirSync(join(certificates, host));
  for (const [name, source] of Object.entries(files))
    writeFileSync(join(certificates, host, name), readFileSync(join(folder, source)));
  return {
    isInsecure: false,
    proxies: NO_PROXIES,
    silenceMs: 10_000,
    ...readHostCertificates(certificates, host),
    ...more,
  };
}

async function fetchFrom(connection: Connection, url = `https://${host}/`): Promise<string> {
  return (await readBody(await send({ url, connection, signal }), 1000)).toString();
}

describe('a registry with a certificate of a private authority', () => {
  test('is refused while nobody vouches for it', async () => {
    await expect(fetchFrom(connectionWith({}))).rejects.toMatchObject({
      code: expect.stringMatching(/UNABLE_TO_VERIFY|SELF_SIGNED|UNABLE_TO_GET_ISSUER/),
    });
  });

  test('is trusted with its authority, and told who asks with a client certificate', async () => {
    expect(await fetchFrom(connectionWith({ 'ca.crt': 'ca.pem' }))).toBe('nobody');
    const files = { 'ca.crt': 'ca.pem', 'me.cert': 'client.pem', 'me.key': 'client.key' };
    expect(await fetchFrom(connectionWith(files))).toBe('client');
  });

  test('is taken as it is where it is configured as insecure', async () => {
    expect(await fetchFrom(connectionWith({}, { isInsecure: true }))).toBe('nobody');
  });

  test.each([
    [{ 'me.cert': 'client.pem' }, 'missing key me.key for client certificate me.cert'],
    [{ 'me.key': 'client.key' }, 'missing client certificate me.cert for key me.key'],
  ])('with half a pair of files is told so', (files, message) => {
    expect(() => connectionWith(files)).toThrow(message);
  });

  test('may not lead out of TLS', async () => {
    const connection = connectionWith({ 'ca.crt': 'ca.pem' });
    await expect(fetchFrom(connection, `https://${host}/to-plain`)).rejects.toThrow(
      `redirects from HTTPS to plain HTTP, to ${addressOf(plain)}: refused`,
    );
  });
});

test('a proxy is asked for a tunnel to TLS, and for all else itself', async () => {
  const seen: string[] = [];
  const sockets: Socket[] = [];
  await using proxy = await listening((request) => {
    seen.push(`${request.method} ${request.url}`);
    return 'from the proxy';
  });
  proxy.server.on('connect', (request, client: Socket) => {
    seen.push(`CONNECT ${request.url} ${request.headers['proxy-authorization']}`);
    const upstream = connect(Number(host.split(':')[1]), '127.0.0.1');
    sockets.push(client, upstream);
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) socket.on('error', () => {});
  });
  const address = `http://user:word@${addressOf(proxy.server)}`;
  const proxies = { http: address, https: address, none: '' };
  const connection = connectionWith({ 'ca.crt': 'ca.pem' }, { proxies });
  // Neither name means anything to this machine.
  expect(await fetchFrom(connection, 'https://registry.test/')).toBe('nobody');
  expect(await fetchFrom(connection, 'http://other.test/v2/')).toBe('from the proxy');
  expect(seen).toEqual([
    `CONNECT registry.test:443 Basic ${btoa('user:word')}`,
    'GET http://other.test/v2/',
  ]);
  for (const socket of sockets) socket.destroy();
});

async function listening(answer: (request: IncomingMessage) => string) {
  const server = createPlainServer((request, response) => response.end(answer(request)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    server,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
