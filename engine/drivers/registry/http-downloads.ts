/**
 * `Downloads` over HTTP(S), on the connections that registries are reached by.
 * Source: moby `builder/remotecontext`, GetWithStatusError, whose texts these are.
 */
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import { EngineError, type ErrorCode } from '../../contract/errors.ts';
import type { Download, Downloads } from '../downloads.ts';
import { describeFailure } from './connection-errors.ts';
import type { Connection } from './connection.ts';
import { send } from './transport.ts';

/** Of what a server has to say about an error. */
const EXPLANATION_BYTES_MAX = 1024;

const CODES: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid-argument',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
};

export class HttpDownloads implements Downloads {
  private readonly connection: Connection;

  constructor({ proxies, silenceMs }: Pick<Connection, 'proxies' | 'silenceMs'>) {
    this.connection = { proxies, silenceMs, isInsecure: false, authorities: [], identities: [] };
  }

  async open(url: URL, signal: AbortSignal): Promise<Download> {
    const { connection } = this;
    const shown = withoutPassword(url);
    // Compressed on the way would be another file than the one that was named.
    const headers = { 'accept-encoding': 'identity' };
    let response: IncomingMessage;
    try {
      response = await send({ url: url.href, headers, connection, signal });
    } catch (error) {
      signal.throwIfAborted();
      throw described(error, shown);
    }
    const status = response.statusCode ?? 0;
    if (status >= 300) {
      const said = await explanationOf(response);
      const reason = `${status} ${STATUS_CODES[status] ?? ''}`.trim();
      throw new EngineError(
        CODES[status] ?? 'internal',
        `failed to GET ${shown} with status ${reason}: ${said}`,
      );
    }
    const length = Number(response.headers['content-length']);
    return {
      shownAddress: shown,
      sizeBytes: Number.isSafeInteger(length) ? length : undefined,
      bytes: bytesOf(response, shown, signal),
    };
  }
}

function withoutPassword(url: URL): string {
  if (url.password === '') return url.href;
  const shown = new URL(url);
  shown.password = 'xxxxx';
  return shown.href;
}

async function* bytesOf(
  response: IncomingMessage,
  shown: string,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  try {
    for await (const bytes of response as AsyncIterable<Buffer>) yield bytes;
  } catch (error) {
    signal.throwIfAborted();
    throw described(error, shown);
  } finally {
    response.destroy();
  }
}

async function explanationOf(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      pieces.push(piece);
      length += piece.length;
      if (length >= EXPLANATION_BYTES_MAX) break;
    }
  } catch {
    // The status says what matters.
  }
  return Buffer.concat(pieces).toString('utf8', 0, EXPLANATION_BYTES_MAX).trim();
}

function described(error: unknown, shown: string): unknown {
  if (error instanceof EngineError || !(error instanceof Error)) return error;
  return new EngineError('internal', describeFailure(error, 'GET', shown), { cause: error });
}
