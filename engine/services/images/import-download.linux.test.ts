/** Importing from an address: a loopback server that answers as told. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeTar } from '../../../test/support/tar-writer.ts';
import type { ProgressMessage } from '../../contract/images.ts';
import { parseReference } from '../../formats/reference.ts';
import { ImageWorld } from './testing/image-world.ts';

let world: ImageWorld;
let server: Server | undefined;
beforeEach(async () => {
  world = await ImageWorld.create({ silenceMs: 300 });
});
afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  await world[Symbol.asyncDispose]();
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const request = { reference: parseReference('i:v1'), message: '', changes: [], platform: '' };
const never = new AbortController().signal;

async function importFrom(address: string, signal = never): Promise<ProgressMessage[]> {
  const lines: ProgressMessage[] = [];
  for await (const line of world.images.importDownload({ ...request, address }, signal))
    lines.push(line);
  return lines;
}

const ARCHIVE = gzipSync(writeTar([{ name: 'file', content: 'imported' }]));
const nothingKept = () => expect(world.onDisk()).toEqual({ layers: 0, blobs: 0, ingests: 0 });

describe('importDownload()', () => {
  test('follows redirects, tells how far it is, and notes where the image is from', async () => {
    const base = await serve((asked, response) => {
      if (asked.url === '/moved') response.writeHead(302, { location: '/file.tar.gz' }).end();
      else response.writeHead(200, { 'content-length': ARCHIVE.length }).end(ARCHIVE);
    });
    const lines = await importFrom(`${base.replace('http://', '')}/moved`);
    const { id, sizeBytes } = world.images.find('i:v1');
    expect(sizeBytes).toBe(8);
    expect(lines).toEqual([
      { status: `Downloading from ${base}/moved` },
      expect.objectContaining({
        status: 'Importing',
        progressDetail: { current: ARCHIVE.length, total: ARCHIVE.length },
      }),
      { status: id },
    ]);
    expect(world.images.inspect('i:v1').Comment).toBe(`Imported from ${base}/moved`);
  });

  test('shows no password that an address carries, but uses it', async () => {
    let authorization: string | undefined;
    const base = await serve((asked, response) => {
      authorization = asked.headers.authorization;
      response.write(ARCHIVE);
      response.end(); // no length: there is an amount and no bar
    });
    const lines = await importFrom(`${base.replace('//', '//me:secret@')}/f`);
    expect(authorization).toBe(`Basic ${btoa('me:secret')}`);
    expect(lines[1]?.progressDetail).toEqual({ current: ARCHIVE.length });
    expect(JSON.stringify([lines, world.images.inspect('i:v1')])).not.toContain('secret');
  });

  test.each([
    [404, 'not-found', '404 Not Found: gone'],
    [401, 'unauthorized', '401 Unauthorized: gone'],
    [403, 'forbidden', '403 Forbidden: gone'],
    [503, 'internal', '503 Service Unavailable: gone'],
  ])('throws what a server answers with %i before the first line', async (status, code, text) => {
    const base = await serve((_, response) => response.writeHead(status).end('gone\n'));
    await expect(importFrom(`${base}/f`)).rejects.toMatchObject({
      code,
      message: `failed to GET ${base}/f with status ${text}`,
    });
    nothingKept();
  });

  test('reads no more of an explanation than anybody would', async () => {
    const base = await serve((_, response) => {
      response.writeHead(500);
      const more = () => void response.write(Buffer.alloc(4096, 'x'));
      response.on('drain', more);
      for (let count = 0; count < 64; count++) more();
    });
    const error: unknown = await importFrom(base).catch((thrown: unknown) => thrown);
    expect((error as Error).message.length).toBeLessThan(1200);
  });

  test('tells of a port where nobody listens', async () => {
    const base = await serve(() => {});
    server?.close();
    await expect(importFrom(`${base}/f`)).rejects.toThrow(
      `Get "${base}/f": dial tcp ${base.slice(7)}: connect: connection refused`,
    );
  });

  test.each([
    ['BAD NAME', 'parse "http://BAD NAME": invalid character " " in host name'],
    ['ftp://host/file', 'Get "ftp://host/file": unsupported protocol scheme "ftp"'],
  ])('refuses %s', async (address, message) => {
    await expect(importFrom(address)).rejects.toMatchObject({ code: 'invalid-argument', message });
  });

  test('asks nobody when the changes are wrong', async () => {
    let asked = 0;
    const address = await serve(() => asked++);
    const lines = world.images.importDownload({ ...request, address, changes: ['FROM x'] }, never);
    await expect(lines.next()).rejects.toThrow('from is not a valid change command');
    expect(asked).toBe(0);
  });

  test('leaves nothing of a transfer that breaks or falls silent', async () => {
    const whole = { 'content-length': ARCHIVE.length };
    const base = await serve((asked, response) => {
      response.writeHead(200, whole).write(ARCHIVE.subarray(0, 20));
      if (asked.url === '/reset') setImmediate(() => response.destroy());
    });
    await expect(importFrom(`${base}/reset`)).rejects.toThrow(
      `Get "${base}/reset": connection reset by peer`,
    );
    await expect(importFrom(`${base}/silent`)).rejects.toThrow(
      `Get "${base}/silent": 127.0.0.1 does not answer`,
    );
    nothingKept();
  });

  test('closes the connection when its reader goes away', async () => {
    const closed = Promise.withResolvers<void>();
    const base = await serve((_, response) => {
      response.on('close', () => closed.resolve());
      response.writeHead(200).write(ARCHIVE.subarray(0, 20));
    });
    const lines = world.images.importDownload({ ...request, address: base }, never);
    expect((await lines.next()).value).toEqual({ status: `Downloading from ${base}/` });
    await lines.return(undefined);
    await closed.promise;
    nothingKept();
  });

  test('ends with the request, also before there is an answer', async () => {
    const asked = Promise.withResolvers<void>();
    const base = await serve(() => asked.resolve());
    const abort = new AbortController();
    const importing = importFrom(base, abort.signal);
    importing.catch(() => {});
    await asked.promise;
    abort.abort(new Error('the client is gone'));
    await expect(importing).rejects.toThrow('the client is gone');
    nothingKept();
  });

  test('refuses what is no archive', async () => {
    const base = await serve((_, response) => response.end(Buffer.alloc(5000, 'a page')));
    await expect(importFrom(base)).rejects.toThrow('invalid tar');
    nothingKept();
  });
});
