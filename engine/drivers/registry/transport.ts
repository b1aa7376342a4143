/**
 * HTTP requests to registries: redirects that never carry credentials to another host nor leave TLS,
 * a limit on silence, and bodies with a limit on size. Used by the engine's main thread for manifests
 * and by Workers for layers, so it keeps no state but its connections.
 */
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { errnoOf } from '../../host/errno.ts';
import { RegistryError } from '../registry.ts';
import { agentFor } from './agents.ts';
import type { Connection } from './connection.ts';

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH';

export interface HttpRequest {
  readonly url: string;
  readonly method?: Method;
  readonly headers?: Readonly<Record<string, string>>;
  /** An iterable is read once, as fast as the registry takes it. */
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
  readonly connection: Connection;
  readonly signal: AbortSignal;
}

const REDIRECTS_MAX = 10;

/** Sends a request, follows redirects of GET and HEAD, and resolves at the final answer's headers. */
export async function send(request: HttpRequest): Promise<IncomingMessage> {
  let url = new URL(request.url);
  let { headers = {}, connection } = request;
  for (let hop = 0; hop <= REDIRECTS_MAX; hop++) {
    const response = await sendOnce(url, { ...request, headers, connection });
    const location = redirectOf(response, request.method);
    if (location === undefined) return response;
    response.resume();
    const next = targetOf(location, url);
    if (next.origin !== url.origin) headers = withoutCredentials(headers);
    // What was configured for this host says nothing about another one.
    if (next.hostname !== url.hostname) connection = { ...connection, isInsecure: false };
    url = next;
  }
  throw new RegistryError('internal', `${request.url} redirects too often`, 0);
}

function targetOf(location: string, url: URL): URL {
  const next = URL.parse(location, url);
  if (next?.protocol !== 'http:' && next?.protocol !== 'https:')
    throw new RegistryError('internal', `${url.host} redirects to an address that is none`, 0);
  if (url.protocol === 'https:' && next.protocol === 'http:')
    throw new RegistryError(
      'internal',
      `${url.host} redirects from HTTPS to plain HTTP, to ${next.host}: refused`,
      0,
    );
  return next;
}

/** The body as one buffer; throws once it passes `limitBytes`, naming `what` was asked for. */
export async function readBody(
  response: IncomingMessage,
  limitBytes: number,
  what = "the registry's answer",
): Promise<Buffer> {
  const tooLarge = () => {
    response.destroy();
    return new RegistryError('internal', `${what} is larger than ${limitBytes} bytes`, 0);
  };
  if (Number(response.headers['content-length']) > limitBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limitBytes) throw tooLarge();
  }
  return Buffer.concat(chunks);
}

/** True for failures that may pass by themselves. */
export function isTransient(error: unknown): boolean {
  if (error instanceof RegistryError && error.status > 0)
    return error.status >= 500 || error.status === 429;
  const errno = errnoOf(causeOf(error));
  return errno !== undefined && TRANSIENT.has(errno);
}

/** True when there was no connection at all: a wrong name or port rather than a bad moment. */
export function isUnreachable(error: unknown): boolean {
  const errno = errnoOf(causeOf(error));
  return errno !== undefined && UNREACHABLE.has(errno);
}

/** A failed connection is told in Docker's words; what happened is its cause. */
function causeOf(error: unknown): unknown {
  return error instanceof RegistryError && error.status === 0 ? error.cause : error;
}

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'EAI_AGAIN',
  'ENOTFOUND',
  'ENETUNREACH',
  'EHOSTUNREACH',
]);
const TRANSIENT = new Set([
  ...UNREACHABLE,
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

function sendOnce(url: URL, request: HttpRequest): Promise<IncomingMessage> {
  const { body, connection, signal } = request;
  const options = {
    method: request.method ?? 'GET',
    headers: { 'user-agent': 'gantry', ...lengthOf(request), ...request.headers },
    agent: agentFor(url, connection),
    signal,
  };
  return new Promise((resolve, reject) => {
    const outgoing =
      url.protocol === 'https:'
        ? process.getBuiltinModule('node:https').request(url, options)
        : httpRequest(url, options);
    let answer: IncomingMessage | undefined;
    outgoing.setTimeout(connection.silenceMs, () => {
      const error = new Error(`${url.host} does not answer`);
      (answer ?? outgoing).destroy(Object.assign(error, { code: 'ETIMEDOUT' }));
    });
    outgoing.on('error', reject);
    outgoing.once('response', (response) => {
      answer = response;
      resolve(response);
    });
    if (body === undefined || typeof body === 'string' || body instanceof Uint8Array)
      outgoing.end(body);
    else pour(body, outgoing);
  });
}

function lengthOf({ body, method }: HttpRequest): Record<string, string> {
  if (typeof body === 'string' || body instanceof Uint8Array)
    return { 'content-length': String(Buffer.byteLength(body)) };
  // Some registries want a length even where there is nothing to send.
  return body === undefined && method === 'POST' ? { 'content-length': '0' } : {};
}

/** Sends a long body; an answer that comes before its end ends it. */
function pour(body: AsyncIterable<Uint8Array>, outgoing: ClientRequest): void {
  const source = Readable.from(body, { objectMode: false });
  source.once('error', (error) => outgoing.destroy(error));
  outgoing.once('close', () => source.destroy());
  outgoing.once('response', (response) => {
    if (outgoing.writableEnded) return;
    source.unpipe(outgoing);
    source.destroy();
    // The rest of the request is owed to this connection, so it cannot carry another.
    response.once('close', () => outgoing.destroy());
  });
  source.pipe(outgoing);
}

function redirectOf(response: IncomingMessage, method: Method = 'GET'): string | undefined {
  const status = response.statusCode ?? 0;
  const isRedirect = status === 307 || status === 308 || (status >= 301 && status <= 303);
  const isFollowed = method === 'GET' || method === 'HEAD';
  return isRedirect && isFollowed ? response.headers.location : undefined;
}

function withoutCredentials(
  headers: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const { authorization: _, ...rest } = headers;
  return rest;
}
