/**
 * HTTP requests to registries: kept-alive connections, redirects that never carry credentials to
 * another host, a limit on silence, and bodies with a limit on size. Used by the engine's main thread
 * for manifests and by Workers for layers, so it keeps no state but its connections.
 */
import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import { errnoOf } from '../../host/errno.ts';
import { RegistryError } from '../registry.ts';

export interface HttpRequest {
  readonly url: string;
  readonly method?: 'GET' | 'HEAD' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly isInsecure?: boolean;
  readonly signal: AbortSignal;
}

const REDIRECTS_MAX = 10;
/** A connection without a byte for this long is taken for dead. */
const SILENCE_MS = 60_000;

const AGENT_OPTIONS = {
  keepAlive: true,
  keepAliveMsecs: 10_000,
  maxFreeSockets: 4,
  timeout: 30_000,
};
const httpAgent = new HttpAgent(AGENT_OPTIONS);

/** Sends a request, follows redirects of GET and HEAD, and resolves at the final answer's headers. */
export async function send(request: HttpRequest): Promise<IncomingMessage> {
  let url = new URL(request.url);
  let headers = { ...request.headers };
  for (let hop = 0; hop <= REDIRECTS_MAX; hop++) {
    const response = await sendOnce(url, { ...request, headers });
    const location = redirectOf(response, request.method);
    if (location === undefined) return response;
    response.resume();
    const next = new URL(location, url);
    if (next.protocol !== 'http:' && next.protocol !== 'https:')
      throw new RegistryError('internal', `registry redirects to ${next.protocol}`, 0);
    if (next.host !== url.host || next.protocol !== url.protocol)
      headers = withoutCredentials(headers);
    url = next;
  }
  throw new RegistryError('internal', `${request.url} redirects too often`, 0);
}

/** The body as one buffer; throws once it passes `limitBytes`. */
export async function readBody(response: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > limitBytes) {
      response.destroy();
      throw new RegistryError(
        'internal',
        `the registry's answer is larger than ${limitBytes} bytes`,
        0,
      );
    }
  }
  return Buffer.concat(chunks);
}

/** True for failures that may pass by themselves. */
export function isTransient(error: unknown): boolean {
  if (error instanceof RegistryError) return error.status >= 500 || error.status === 429;
  const errno = errnoOf(error);
  return errno !== undefined && TRANSIENT.has(errno);
}

/** True when there was no connection at all: a wrong name or port rather than a bad moment. */
export function isUnreachable(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno !== undefined && UNREACHABLE.has(errno);
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

/** Pause before attempt `attempt` (1 is the first retry), in ms; what the registry asked for wins. */
export function pauseBefore(attempt: number, retryAfter?: string): number {
  const asked = Number(retryAfter) * 1000;
  if (asked > 0) return Math.min(asked, 30_000);
  return Math.min(200 * 2 ** (attempt - 1), 10_000);
}

function sendOnce(url: URL, request: HttpRequest): Promise<IncomingMessage> {
  const options = {
    method: request.method ?? 'GET',
    headers: { 'user-agent': 'gantry', ...request.headers },
    signal: request.signal,
  };
  return new Promise((resolve, reject) => {
    const outgoing =
      url.protocol === 'https:'
        ? requestTls(url, options, request.isInsecure === true)
        : httpRequest(url, { ...options, agent: httpAgent });
    outgoing.setTimeout(SILENCE_MS, () => {
      const error = new Error(`${url.host} does not answer`);
      outgoing.destroy(Object.assign(error, { code: 'ETIMEDOUT' }));
    });
    outgoing.once('error', reject);
    outgoing.once('response', resolve);
    outgoing.end(request.body);
  });
}

let tlsAgents: { readonly checked: HttpsAgent; readonly unchecked: HttpsAgent } | undefined;

/** node:https costs 5 MB of memory, so it loads with the first registry that speaks TLS. */
function requestTls(url: URL, options: RequestOptions, isInsecure: boolean): ClientRequest {
  const https = process.getBuiltinModule('node:https');
  tlsAgents ??= {
    checked: new https.Agent(AGENT_OPTIONS),
    unchecked: new https.Agent({ ...AGENT_OPTIONS, rejectUnauthorized: false }),
  };
  return https.request(url, {
    ...options,
    agent: isInsecure ? tlsAgents.unchecked : tlsAgents.checked,
  });
}

function redirectOf(response: IncomingMessage, method = 'GET'): string | undefined {
  const status = response.statusCode ?? 0;
  const isRedirect = status === 307 || status === 308 || (status >= 301 && status <= 303);
  return isRedirect && method !== 'POST' ? response.headers.location : undefined;
}

function withoutCredentials(headers: Record<string, string>): Record<string, string> {
  const { authorization: _, ...rest } = headers;
  return rest;
}
