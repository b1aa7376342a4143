/**
 * The window in a browser: one HTTP server on 127.0.0.1 that serves the built renderer and the bridge
 * over a WebSocket at `/bridge`. Who may use it is decided in `access.ts`, before anything else looks
 * at the request. Every answer forbids framing, sniffing and caching.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Bridge } from '../bridge/bridge.ts';
import { contentSecurityPolicy, readPageFile } from '../page/page-files.ts';
import { Access } from './access.ts';
import { messagePage, openedPage } from './pages.ts';
import { serveWindow } from './websocket-link.ts';

export interface BrowserServerOptions {
  readonly bridge: Bridge;
  /** Folder of the built renderer. */
  readonly pageFolder: string;
  /** 0 takes a free one. */
  readonly port: number;
}

/** A window's messages are small; a paste comes in pieces of 256 KiB. */
const MESSAGE_LIMIT_BYTES = 2 << 20;

export class BrowserServer {
  readonly port: number;
  readonly #options: BrowserServerOptions;
  readonly #access: Access;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;

  /** Resolves once it listens. */
  static async listen(options: BrowserServerOptions): Promise<BrowserServer> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(options.port, '127.0.0.1', () => resolve());
    });
    return new BrowserServer(server, options);
  }

  private constructor(server: Server, options: BrowserServerOptions) {
    this.#server = server;
    this.#options = options;
    this.port = (server.address() as AddressInfo).port;
    this.#access = new Access(this.port);
    this.#sockets = new WebSocketServer({
      noServer: true,
      maxPayload: MESSAGE_LIMIT_BYTES,
      perMessageDeflate: false,
    });
    server
      .on('request', (request, response) => void this.#answer(request, response))
      .on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Works once. */
  get link(): string {
    return `http://127.0.0.1:${this.port}${this.#access.linkPath}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { headers, method } = request;
    const webSocketOrigin = `ws://${headers.host ?? ''}`;
    const allowed = this.#access.isFromHere(headers) && !this.#access.isCrossSiteFetch(headers);
    response.setHeaders(securityHeaders(allowed ? webSocketOrigin : ''));
    if (!allowed) return sendPage(response, 403, messagePage('forbidden'));
    if (method !== 'GET' && method !== 'HEAD')
      return sendPage(response, 405, messagePage('method'));
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname === '/open') return this.#open(request, url, response);
    if (!this.#access.hasCookie(headers)) return sendPage(response, 403, messagePage('no-session'));
    const file = await readPageFile(this.#options.pageFolder, url.pathname);
    if (!file) return sendPage(response, 404, messagePage('not-found'));
    response.writeHead(200, {
      'Content-Type': file.contentType,
      'Content-Length': file.bytes.length,
    });
    response.end(method === 'HEAD' ? undefined : file.bytes);
  }

  /**
   * Exchanges the token. The way on is a page that refreshes, not a redirect: a strict cookie does not
   * go along when another site's page led here, but does when our own page leads on.
   */
  #open(request: IncomingMessage, url: URL, response: ServerResponse): void {
    if (request.method === 'HEAD') return sendPage(response, 405, messagePage('method'));
    const cookie = this.#access.redeem(url.searchParams.get('token') ?? '');
    if (cookie !== undefined) {
      response.setHeader('Set-Cookie', cookie);
      sendPage(response, 200, openedPage());
    } else if (this.#access.hasCookie(request.headers)) {
      sendPage(response, 200, openedPage()); // the same browser, by the history or a reload
    } else {
      sendPage(response, 403, messagePage('used-link'));
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { headers, url } = request;
    socket.on('error', () => socket.destroy());
    if (
      url !== '/bridge' ||
      !this.#access.isFromOwnPage(headers) ||
      !this.#access.hasCookie(headers)
    ) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) =>
      serveWindow(webSocket, this.#options.bridge),
    );
  }
}

function securityHeaders(webSocketOrigin: string): Map<string, string> {
  return new Map([
    ['Content-Security-Policy', contentSecurityPolicy(webSocketOrigin)],
    ['Cache-Control', 'no-store'],
    ['X-Content-Type-Options', 'nosniff'],
    ['X-Frame-Options', 'DENY'],
    ['Referrer-Policy', 'no-referrer'],
    ['Cross-Origin-Opener-Policy', 'same-origin'],
    ['Cross-Origin-Resource-Policy', 'same-origin'],
  ]);
}

function sendPage(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': Buffer.byteLength(html),
  });
  response.end(html);
}
