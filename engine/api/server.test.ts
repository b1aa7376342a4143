import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request, type IncomingMessage, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EngineError } from '../contract/errors.ts';
import { queryBoolean, queryFilters, route } from '../contract/route.ts';
import { bind } from './handler.ts';
import { ApiServer } from './server.ts';

const ROUTES = {
  inspect: route({
    method: 'GET',
    path: '/images/{name*}/json',
    summary: '',
    result: z.object({ name: z.string() }),
  }),
  list: route({
    method: 'GET',
    path: '/images/json',
    summary: '',
    query: z.object({ all: queryBoolean, filters: queryFilters }),
  }),
  create: route({
    method: 'POST',
    path: '/things',
    summary: '',
    body: z.object({ Name: z.string() }).optional(),
    status: 201,
  }),
  start: route({ method: 'POST', path: '/things/{id}/start', summary: '', status: 204 }),
  lines: route({ method: 'GET', path: '/lines/{failAt}', summary: '', answer: 'json-lines' }),
  echo: route({
    method: 'POST',
    path: '/echo',
    summary: '',
    answer: 'hijack',
    body: z.object({ Tty: z.boolean() }).optional(),
  }),
};

const folder = mkdtempSync(join(tmpdir(), 'gantry-api-'));
const socketPath = join(folder, 'api.sock');
let server: Server;

beforeAll(async () => {
  const api = new ApiServer(
    bind(ROUTES, {
      inspect: ({ params }) => ({ name: params['name'] ?? '' }),
      list: ({ query }) => ({ all: query.all, filters: Object.fromEntries(query.filters) }),
      create: ({ body }) => ({ created: body?.Name ?? null }),
      start: ({ params }) => {
        if (params['id'] === 'started') throw new EngineError('not-modified', 'already started');
        if (params['id'] === 'none') throw new EngineError('not-found', 'No such container: none');
      },
      lines: ({ params }) => countTo3(Number(params['failAt'])),
      echo: ({ hijack }) => {
        const stream = hijack('application/vnd.docker.raw-stream');
        stream.pipe(stream);
      },
    }),
    () => {},
  );
  server = api.createHttpServer().listen(socketPath);
  await once(server, 'listening');
});

afterAll(() => {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
});

async function* countTo3(failAt: number): AsyncIterable<{ n: number }> {
  for (let n = 1; n <= 3; n++) {
    if (n === failAt) throw new EngineError('not-found', 'no more');
    yield { n };
  }
}

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
}

function send(
  method: string,
  path: string,
  body?: string,
  type = 'application/json',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'Content-Type': type };
    const call = request({ socketPath, method, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        }),
      );
    });
    call.on('error', reject).end(body);
  });
}

describe('a request', () => {
  test('finds its route below any version from 1.22 to 1.50, and without one', async () => {
    for (const prefix of ['', '/v1.22', '/v1.50']) {
      const { status, text, headers } = await send('GET', `${prefix}/images/a/b:c/json`);
      expect([status, JSON.parse(text)]).toEqual([200, { name: 'a/b:c' }]);
      expect(headers['api-version']).toBe('1.50');
      expect(headers['ostype']).toBe('linux');
    }
  });

  test('with a version outside the range is a 400 that names the bound', async () => {
    expect(await send('GET', '/v1.51/images/json')).toMatchObject({
      status: 400,
      text: '{"message":"client version 1.51 is too new. Maximum supported API version is 1.50"}\n',
    });
    expect((await send('GET', '/v1.21/images/json')).text).toContain(
      'client version 1.21 is too old',
    );
  });

  test('for an unknown path is a 404 in JSON', async () => {
    expect(await send('GET', '/nowhere')).toMatchObject({
      status: 404,
      text: '{"message":"page not found"}\n',
    });
  });

  test('reads booleans and both forms of filters as Docker does', async () => {
    const old = await send(
      'GET',
      `/images/json?all=True&filters=${encodeURIComponent('{"label":["a=b"]}')}`,
    );
    expect(JSON.parse(old.text)).toEqual({ all: true, filters: { label: ['a=b'] } });
    const now = await send(
      'GET',
      `/images/json?all=0&filters=${encodeURIComponent('{"label":{"a=b":true,"c":false}}')}`,
    );
    expect(JSON.parse(now.text)).toEqual({ all: false, filters: { label: ['a=b', 'c'] } });
    expect((await send('GET', '/images/json?filters=%7B')).status).toBe(400);
  });
});

describe('a JSON body', () => {
  test.each([
    ['{"Name":"x"}', 'application/json', 201, 'x'],
    ['', 'application/json', 201, 'null'],
    [
      '{"Name":"x"}',
      'text/plain',
      400,
      "unsupported Content-Type header (text/plain): must be 'application/json'",
    ],
    ['{"Name":"x"} trailing', 'application/json', 400, 'unexpected content after JSON'],
    ['{"Name":', 'application/json', 400, 'invalid JSON'],
    ['{"Name":5}', 'application/json', 400, 'Name: '],
  ])('%j as %s answers %i', async (body, type, status, part) => {
    const answer = await send('POST', '/things', body, type);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(part);
  });
});

describe('an answer', () => {
  test('of not modified has no body', async () => {
    expect(await send('POST', '/things/started/start')).toMatchObject({ status: 304, text: '' });
  });

  test('of an error is {"message"} with its status', async () => {
    expect(await send('POST', '/things/none/start')).toMatchObject({
      status: 404,
      text: '{"message":"No such container: none"}\n',
    });
  });

  test('in lines has a real status when it fails before the first, and an error line after it', async () => {
    expect((await send('GET', '/lines/0')).text).toBe('{"n":1}\n{"n":2}\n{"n":3}\n');
    expect(await send('GET', '/lines/1')).toMatchObject({ status: 404 });
    const late = await send('GET', '/lines/2');
    expect(late.status).toBe(200);
    expect(late.text).toBe('{"n":1}\n{"errorDetail":{"message":"no more"},"error":"no more"}\n');
  });
});

describe('a hijacked connection', () => {
  test('after 101 carries both ways and stays open for output when the client ends its input', async () => {
    const socket = connect({ path: socketPath, allowHalfOpen: true });
    // Body and first input bytes arrive in the same segment as the request.
    socket.write(
      'POST /echo HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{"Tty":false}early ',
    );
    socket.write('late');
    socket.end();
    const text = await readAll(socket);
    expect(text).toMatch(
      /^HTTP\/1\.1 101 UPGRADED\r\nContent-Type: application\/vnd\.docker\.raw-stream\r\n/,
    );
    expect(text.endsWith('\r\n\r\nearly late')).toBe(true);
  });

  test('without an Upgrade header answers 200 with neither length nor chunks', async () => {
    const socket = connect({ path: socketPath, allowHalfOpen: true });
    socket.write(
      'POST /echo HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{"Tty":false} ',
    );
    const text = await readAll(socket);
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text.toLowerCase()).not.toMatch(/transfer-encoding|content-length/);
  });

  test('that is refused gets an ordinary error and the connection ends', async () => {
    const socket = connect(socketPath);
    socket.write(
      'POST /nowhere HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
    );
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 404 Not Found[^]*page not found/);
  });
});

async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
