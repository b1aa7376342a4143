import { mkdir, writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { BridgeFixture } from '../../test/fixtures/bridge-fixture.ts';
import { eventually } from '../../test/support/eventually.ts';
import type { EngineStatus, TerminalOutput, WatchChange } from '../ipc/contract.ts';
import { WebSocketBridge, type Socket } from '../ipc/websocket-bridge.ts';
import { BrowserServer } from './browser-server.ts';

async function serve() {
  const fixture = await BridgeFixture.open();
  const engine = await fixture.startEngine();
  const pageFolder = path.join(fixture.folder, 'page');
  await mkdir(pageFolder);
  await writeFile(path.join(pageFolder, 'index.html'), '<title>the window</title>');
  await writeFile(path.join(fixture.folder, 'secret.html'), 'secret');
  const server = await BrowserServer.listen({ bridge: fixture.bridge, pageFolder, port: 0 });
  fixture.bridge.start();
  const site = new Site(server);
  return {
    fixture,
    engine,
    server,
    site,
    pageFolder,
    async [Symbol.asyncDispose]() {
      site.close();
      await server.close();
      await fixture[Symbol.asyncDispose]();
    },
  };
}

/** What a browser, or something that is none, can ask of the server. */
class Site {
  readonly #server: BrowserServer;
  readonly #bridges: WebSocketBridge[] = [];

  constructor(server: BrowserServer) {
    this.#server = server;
  }

  get host(): string {
    return `127.0.0.1:${this.#server.port}`;
  }

  async get(
    url: string,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; headers: IncomingMessage['headers']; body: string }> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.#server.port, path: url, headers };
      httpRequest(options, resolve).once('error', reject).end();
    });
    const { statusCode: status = 0, headers: answered } = response;
    return { status, headers: answered, body: await text(response) };
  }

  /** Uses the link; returns the cookie. */
  async signIn(): Promise<string> {
    const { headers } = await this.get(new URL(this.#server.link).href.replace(/^.*?\d(?=\/)/, ''));
    return headers['set-cookie']?.[0]?.split(';')[0] ?? '';
  }

  /** The status an upgrade is answered with; 101 when it is taken. */
  upgrade(headers: Record<string, string>, url = '/bridge'): Promise<number> {
    const socket = new WebSocket(`ws://${this.host}${url}`, { headers });
    return new Promise((resolve, reject) => {
      socket
        .once('open', () => resolve(101))
        .once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
        .once('error', reject);
    }).finally(() => socket.terminate()) as Promise<number>;
  }

  /** The page's end of the bridge, as in a browser tab. */
  bridge(cookie: string, sockets: WebSocket[] = [], refusals = 0): WebSocketBridge {
    const headers = { cookie, origin: `http://${this.host}` };
    const connect = () => {
      const path = sockets.length < refusals ? '/nowhere' : '/bridge';
      const socket = new WebSocket(`ws://${this.host}${path}`, { headers });
      socket.on('error', () => {}); // 'close' follows
      sockets.push(socket);
      return socket as unknown as Socket;
    };
    const bridge = new WebSocketBridge({ connect, openExternal: () => {} });
    this.#bridges.push(bridge);
    return bridge;
  }

  close(): void {
    for (const bridge of this.#bridges) bridge.close();
  }
}

describe('the browser server', () => {
  it('opens one browser by its link, which does not work twice', async () => {
    await using it = await serve();
    const url = new URL(it.server.link);
    const first = await it.site.get(url.pathname + url.search);
    expect(first.status).toBe(200);
    expect(first.headers['set-cookie']?.[0]).toMatch(
      /^gantry_\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    expect(first.body).toContain('http-equiv="refresh" content="0; url=/"');

    const second = await it.site.get(url.pathname + url.search);
    expect(second.status).toBe(403);
    expect(second.headers['set-cookie']).toBeUndefined();
    expect(second.body).toContain('Run the command again');
  });

  it('refuses a wrong token, and the right one still works after it', async () => {
    await using it = await serve();
    expect((await it.site.get('/open?token=wrong')).status).toBe(403);
    expect((await it.site.get('/open')).status).toBe(403);
    expect(await it.site.signIn()).not.toBe('');
  });

  it('shows the window only to who has the cookie', async () => {
    await using it = await serve();
    expect((await it.site.get('/')).status).toBe(403);
    const cookie = await it.site.signIn();
    const page = await it.site.get('/containers/abc', { cookie: `theme=x; ${cookie}` });
    expect(page.status).toBe(200);
    expect(page.body).toContain('the window');
    expect((await it.site.get('/', { cookie: `${cookie}x` })).status).toBe(403);
  });

  it('answers to no other name, so that none can be made to point here', async () => {
    await using it = await serve();
    const cookie = await it.site.signIn();
    for (const host of ['evil.example', `evil.example:${it.server.port}`, '127.0.0.1'])
      expect((await it.site.get('/', { cookie, host })).status, host).toBe(403);
    const name = `localhost:${it.server.port}`;
    expect((await it.site.get('/', { cookie, host: name })).status).toBe(200);
  });

  it('answers no page of another site', async () => {
    await using it = await serve();
    const cookie = await it.site.signIn();
    for (const origin of ['http://evil.example', 'null', 'http://127.0.0.1:1'])
      expect((await it.site.get('/', { cookie, origin })).status, origin).toBe(403);
    const embedded = { cookie, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' };
    expect((await it.site.get('/', embedded)).status).toBe(403);
    const linked = { cookie, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect((await it.site.get('/', linked)).status).toBe(200);
  });

  it('takes a WebSocket only from its own page with the cookie', async () => {
    await using it = await serve();
    const cookie = await it.site.signIn();
    const origin = `http://${it.site.host}`;
    expect(await it.site.upgrade({ cookie, origin })).toBe(101);
    expect(await it.site.upgrade({ origin })).toBe(403);
    expect(await it.site.upgrade({ cookie })).toBe(403);
    expect(await it.site.upgrade({ cookie, origin: 'http://evil.example' })).toBe(403);
    expect(await it.site.upgrade({ cookie, origin, host: 'evil.example' })).toBe(403);
    expect(await it.site.upgrade({ cookie, origin }, '/other')).toBe(403);
  });

  it('forbids framing, sniffing, caching and inline scripts on every answer', async () => {
    await using it = await serve();
    const cookie = await it.site.signIn();
    for (const url of ['/', '/nothing.js', '/open?token=x'])
      expect((await it.site.get(url, { cookie })).headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'content-security-policy': expect.stringMatching(
          /default-src 'none'; script-src 'self';.*frame-ancestors 'none'/,
        ),
      });
  });

  it('serves nothing from outside its folder', async () => {
    await using it = await serve();
    const cookie = await it.site.signIn();
    for (const url of ['/../secret.html', '/%2e%2e/secret.html', '/..%2fsecret.html', '/%00.html'])
      expect((await it.site.get(url, { cookie })).body, url).not.toContain('secret');
  });
});

describe('the bridge over a WebSocket', () => {
  it('carries calls, events and terminal bytes', async () => {
    await using it = await serve();
    const bridge = it.site.bridge(await it.site.signIn());
    const changes: WatchChange[] = [];
    bridge.on('watch', (batch) => changes.push(...batch));
    const state = await bridge.call('state.read', undefined);
    expect(state.ok && state.value.host).toBe('browser');
    await eventually('the engine', async () => {
      const reply = await bridge.call('state.read', undefined);
      return reply.ok && reply.value.engine.phase === 'ready';
    });
    it.engine.change('scratchpad', { Health: 'healthy' });
    await eventually('the change', () => changes.some(({ kind }) => kind === 'container'));

    const opened = await bridge.call('terminal.open', {
      containerId: it.engine.find('scratchpad').Id,
      shell: '/bin/sh',
      columns: 80,
      rows: 24,
    });
    if (!opened.ok) throw new Error(opened.error.message);
    const port = bridge.openStream('terminal', { terminalId: opened.value.terminalId });
    let printed = '';
    port.onFrame((frame) => {
      const output = frame.type === 'message' ? (frame.message as TerminalOutput) : undefined;
      if (output?.kind === 'data') printed += new TextDecoder().decode(output.bytes);
    });
    port.post({ type: 'message', message: new TextEncoder().encode('echo 你好\r') });
    await eventually('the answer', () => printed.includes('\r\n你好\r\n'));
  });

  it('reconnects by itself, ends what was under way, and tells the state anew', async () => {
    await using it = await serve();
    const sockets: WebSocket[] = [];
    const bridge = it.site.bridge(await it.site.signIn(), sockets);
    const statuses: EngineStatus[] = [];
    const changes: WatchChange[] = [];
    bridge.on('engine', (status) => statuses.push(status));
    bridge.on('watch', (batch) => changes.push(...batch));
    await eventually('the engine', () => statuses.at(-1)?.phase === 'ready');
    const { Id: id } = it.engine.find('busy');
    const ends: unknown[] = [];
    const port = bridge.openStream('log.follow', { id, after: 0 });
    port.onFrame((frame) => frame.type === 'end' && ends.push(frame.error?.code));
    await eventually('the stream', () => it.engine.openFollows === 1);

    const stopping = bridge.call('container.stop', { id });
    sockets.at(-1)?.terminate();
    expect(await stopping).toMatchObject({ ok: false, error: { code: 'host-gone' } });
    expect(ends).toEqual(['host-gone']);
    expect(statuses.at(-1)?.phase).toBe('lost');
    await eventually('the engine’s stream to end', () => it.engine.openFollows === 0);

    changes.length = 0;
    await eventually('the state anew', () => changes.some(({ kind }) => kind === 'reset'));
    expect(statuses.at(-1)?.phase).toBe('ready');
    expect((await bridge.call('settings.read', undefined)).ok).toBe(true);
  });

  it('tells a page the state that was there before its host', async () => {
    await using it = await serve();
    const cookie = await it.site.signIn();
    const statuses: EngineStatus[] = [];
    const bridge = it.site.bridge(cookie, [], 2);
    bridge.on('engine', (status) => statuses.push(status));
    await eventually('the state', () => statuses.at(-1)?.phase === 'ready');
  });

  it('tells a page that only ever asked for the state when its host goes', async () => {
    await using it = await serve();
    const sockets: WebSocket[] = [];
    const bridge = it.site.bridge(await it.site.signIn(), sockets);
    await eventually('the engine', async () => {
      const reply = await bridge.call('state.read', undefined);
      return reply.ok && reply.value.engine.phase === 'ready';
    });
    const phases: string[] = [];
    bridge.on('engine', ({ phase }) => phases.push(phase));
    sockets.at(-1)?.terminate();
    await eventually('the loss and the return', () => phases.join(' ') === 'lost ready');
  });

  it('is closed on a window that says what is no message', async () => {
    await using it = await serve();
    const headers = { cookie: await it.site.signIn(), origin: `http://${it.site.host}` };
    for (const data of ['nonsense', '{"kind":"call"}', Buffer.from([9, 9])]) {
      const socket = new WebSocket(`ws://${it.site.host}/bridge`, { headers });
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.once('open', () => socket.send(data));
      expect(await closed).toBe(1002);
    }
  });
});
