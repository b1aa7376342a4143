/**
 * The HTTP server: decode, call the handler, encode. It knows routes and answers, nothing of what
 * they mean. Every reply carries the version headers; every error is `{"message": …}`.
 */
import {
  createServer,
  ServerResponse,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { EngineError } from '../contract/errors.ts';
import type { Route } from '../contract/route.ts';
import { readBody, readJsonBody } from './body.ts';
import type { BoundRoute, Call } from './handler.ts';
import { hijack, takeConnection } from './hijack.ts';
import { COMMON_HEADERS, sendError, sendJson, sendJsonLines } from './reply.ts';
import { Router } from './router.ts';

export interface TlsIdentity {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Called for failures that are the engine's own fault, not the client's. */
export type ReportError = (message: string, error: unknown) => void;

export class ApiServer {
  private readonly router: Router;
  private readonly report: ReportError;

  constructor(routes: readonly BoundRoute[], report: ReportError) {
    this.router = new Router(routes);
    this.report = report;
  }

  /** A server that has yet to listen; with an identity, one that asks clients for a certificate. */
  createHttpServer(tls?: TlsIdentity): Server {
    const onRequest = (request: IncomingMessage, response: ServerResponse) =>
      void this.serve(request, response, undefined);
    const server = tls === undefined ? createServer(onRequest) : createTlsServer(tls, onRequest);
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (head.length > 0) socket.unshift(head);
      const response = new ServerResponse(request);
      response.shouldKeepAlive = false;
      response.assignSocket(socket as never);
      response.on('finish', () => socket.end());
      socket.on('error', () => socket.destroy()); // a client that vanished; `close` follows
      void this.serve(request, response, socket);
    });
    // A pull, a wait or a followed log may take days: no deadline on requests.
    server.requestTimeout = 0;
    server.headersTimeout = 0;
    server.keepAliveTimeout = 60_000;
    return server;
  }

  private async serve(
    request: IncomingMessage,
    response: ServerResponse,
    socket: Duplex | undefined,
  ): Promise<void> {
    for (const [name, value] of Object.entries(COMMON_HEADERS)) response.setHeader(name, value);
    try {
      await this.dispatch(request, response, socket);
    } catch (error) {
      if (!(error instanceof EngineError) || error.code === 'internal')
        this.report(`${request.method} ${request.url}`, error);
      sendError(response, error);
    }
  }

  private async dispatch(
    request: IncomingMessage,
    response: ServerResponse,
    socket: Duplex | undefined,
  ): Promise<void> {
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const path = mark === -1 ? url : url.slice(0, mark);
    const { bound, params, apiVersion } = this.router.match(request.method ?? 'GET', path);
    const { route, handle } = bound;
    const gone = abortWhenGone(socket ?? response);
    const call: Call<Route> = {
      params,
      apiVersion,
      request,
      response,
      query: decodeQuery(route, mark === -1 ? '' : url.slice(mark + 1)) as never,
      body: (await decodeBody(route, request, socket ?? request)) as never,
      get signal() {
        return gone();
      },
      hijack: (contentType) => hijack(request, response, socket, contentType),
      takeConnection: () => takeConnection(response, socket),
    };
    const result = await handle(call);
    if (route.answer === 'json') sendJson(response, route.status, result);
    if (route.answer === 'json-lines')
      await sendJsonLines(response, route.status, result as AsyncIterable<unknown>);
  }
}

/** node:https costs 5 MB of memory, so it loads only where somebody listens with TLS. */
function createTlsServer(tls: TlsIdentity, onRequest: RequestListener): Server {
  const https = process.getBuiltinModule('node:https');
  return https.createServer({ ...tls, requestCert: true, rejectUnauthorized: true }, onRequest);
}

function decodeQuery(route: Route, text: string): unknown {
  if (route.query === undefined) return undefined;
  const values: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(text)) values[name] ??= value;
  const decoded = route.query.safeParse(values);
  if (decoded.success) return decoded.data;
  // Docker's texts say by themselves what they are about.
  const problems = decoded.error.issues.map(({ message }) => message);
  throw new EngineError('invalid-argument', problems.join('; '));
}

async function decodeBody(
  route: Route,
  request: IncomingMessage,
  source: Readable,
): Promise<unknown> {
  if (route.body === undefined) {
    // dockerode sends the query of an attach as its body too; the stream begins after it.
    if (source !== request) await readBody(request, source);
    return undefined;
  }
  return route.body.parse(await readJsonBody(request, source));
}

/** Makes the AbortSignal only for handlers that ask for one. */
function abortWhenGone(connection: ServerResponse | Duplex): () => AbortSignal {
  let controller: AbortController | undefined;
  return () => {
    if (controller === undefined) {
      const created = new AbortController();
      controller = created;
      const abort = () => created.abort(new EngineError('cancelled', 'the client went away'));
      if (connection.destroyed) abort();
      else connection.once('close', abort);
    }
    return controller.signal;
  };
}
