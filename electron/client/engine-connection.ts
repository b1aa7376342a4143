/**
 * HTTP to the engine over its socket: one connection per request, since a unix socket costs 0.1 ms
 * to open and a kept one may be closed by the engine at the very moment it is used again.
 *
 * Guarantees: every failure is an `EngineError` (what the engine answered) or an `EngineGoneError`
 * (it could not be reached, or went away); an abort rejects with the signal's reason and closes the
 * connection; nothing is read from the engine before somebody asks for it.
 */
import { IncomingMessage, request as httpRequest, type ClientRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import { EngineError, HTTP_STATUS, type ErrorCode } from '../../engine/contract/errors.ts';
import type { Method } from '../../engine/contract/route.ts';

/** Where the engine listens. TCP with mutual TLS joins this union when an engine lives in a VM. */
export interface EngineAddress {
  readonly socketPath: string;
}

/** The engine cannot be reached; `errno` says how (`ENOENT`, `ECONNREFUSED`, `EACCES` …). */
export class EngineGoneError extends Error {
  readonly errno: string | undefined;

  constructor(message: string, errno?: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'EngineGoneError';
    this.errno = errno;
  }
}

export interface EngineRequest {
  readonly method: Method;
  /** With its query. */
  readonly path: string;
  /** Sent as JSON; absent sends no body. */
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** Answers of errors longer than this are cut (bytes). */
const ERROR_BODY_LIMIT = 64 << 10;

export class EngineConnection {
  readonly address: EngineAddress;

  constructor(address: EngineAddress) {
    this.address = address;
  }

  /** Resolves with the answer once its status is known to be a success; its body is unread. */
  async open(wanted: EngineRequest): Promise<IncomingMessage> {
    const request = this.#start(wanted, {});
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve).once('error', reject).end(bodyText(wanted));
    }).catch((error: unknown) => {
      throw this.#translate(error, wanted.signal);
    });
    request.on('error', () => {}); // after the answer began, the reader of the body sees the error
    if (isSuccess(response)) return response;
    throw await refusal(response);
  }

  /** Takes the connection over (`Upgrade: tcp`): both directions belong to the caller, who destroys it. */
  async upgrade(wanted: EngineRequest): Promise<Duplex> {
    const request = this.#start(wanted, { Connection: 'Upgrade', Upgrade: 'tcp' });
    const outcome = await new Promise<IncomingMessage | Duplex>((resolve, reject) => {
      request
        .once('upgrade', (_response, socket, head) => {
          if (head.length > 0) socket.unshift(head);
          resolve(socket);
        })
        .once('response', resolve)
        .once('error', reject)
        .end(bodyText(wanted));
    }).catch((error: unknown) => {
      throw this.#translate(error, wanted.signal);
    });
    if (!(outcome instanceof IncomingMessage)) return outcome;
    if (!isSuccess(outcome)) throw await refusal(outcome);
    outcome.destroy();
    throw new EngineError('internal', 'the engine did not hand the connection over');
  }

  #start(wanted: EngineRequest, headers: Record<string, string>): ClientRequest {
    wanted.signal?.throwIfAborted();
    const text = bodyText(wanted);
    return httpRequest({
      socketPath: this.address.socketPath,
      agent: false,
      method: wanted.method,
      path: wanted.path,
      headers: {
        Host: 'gantry',
        ...headers,
        ...(text !== undefined && {
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(text),
        }),
      },
      ...(wanted.signal && { signal: wanted.signal }),
    });
  }

  #translate(error: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted) return signal.reason;
    return goneError(error, this.address);
  }
}

/** Reads an answer to its end as one JSON document; undefined for an empty one. */
export async function readJson(response: IncomingMessage): Promise<unknown> {
  const text = await readText(response, Number.POSITIVE_INFINITY);
  return text.trim() === '' ? undefined : JSON.parse(text);
}

/** Any failure of a connection, told as one. */
export function goneError(error: unknown, address: EngineAddress): EngineGoneError {
  if (error instanceof EngineGoneError) return error;
  const errno = (error as NodeJS.ErrnoException).code;
  const message =
    errno === 'EACCES'
      ? `permission denied on ${address.socketPath}`
      : `the engine does not answer on ${address.socketPath}`;
  return new EngineGoneError(message, errno, { cause: error });
}

function bodyText(wanted: EngineRequest): string | undefined {
  return wanted.body === undefined ? undefined : JSON.stringify(wanted.body);
}

function isSuccess(response: IncomingMessage): boolean {
  const status = response.statusCode ?? 0;
  return status >= 200 && status < 300;
}

async function refusal(response: IncomingMessage): Promise<EngineError> {
  const status = response.statusCode ?? 500;
  const text = await readText(response, ERROR_BODY_LIMIT).catch(() => '');
  return new EngineError(codeOfStatus(status), messageOfBody(text) ?? `HTTP status ${status}`);
}

function codeOfStatus(status: number): ErrorCode {
  const found = Object.entries(HTTP_STATUS).find(([, value]) => value === status);
  if (found) return found[0] as ErrorCode;
  return status < 500 ? 'invalid-argument' : 'internal';
}

function messageOfBody(text: string): string | undefined {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? message : undefined;
  } catch {
    return text.trim() || undefined;
  }
}

async function readText(response: IncomingMessage, limitBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limitBytes) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}
