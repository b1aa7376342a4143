/** Writes answers: JSON documents, lines of JSON, errors. The only place a status is chosen. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import * as z from 'zod';
import { EngineError, HTTP_STATUS, messageOf } from '../contract/errors.ts';
import { API_VERSION, ENGINE_VERSION } from '../contract/version.ts';

/** On every reply; clients negotiate by them. Source: moby `middleware/version.go`. */
export const COMMON_HEADERS: Readonly<Record<string, string>> = {
  'Api-Version': `1.${API_VERSION}`,
  'Docker-Experimental': 'false',
  Ostype: 'linux',
  Server: `Gantry/${ENGINE_VERSION} (linux)`,
};

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  if (value === undefined) {
    response.writeHead(status, status === 204 || status === 304 ? {} : { 'Content-Length': '0' });
    response.end();
    return;
  }
  const text = `${JSON.stringify(value)}\n`;
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
}

/**
 * Sends documents one by one. The first is awaited before the status goes out, so that a failure up
 * to it has a real status; a later failure becomes an `error` document, as Docker's clients expect.
 * A handler that wants its headers out before the first document flushes them itself.
 */
export async function sendJsonLines(
  response: ServerResponse,
  status: number,
  documents: AsyncIterable<unknown>,
): Promise<void> {
  const iterator = documents[Symbol.asyncIterator]();
  response.statusCode = status;
  if (!response.headersSent) response.setHeader('Content-Type', 'application/json');
  try {
    let item = await iterator.next();
    while (item.done !== true && !response.destroyed) {
      if (!response.write(`${JSON.stringify(item.value)}\n`)) await drained(response);
      item = await iterator.next();
    }
  } catch (error) {
    if (!response.headersSent) throw error;
    const message = messageOf(error);
    response.write(`${JSON.stringify({ errorDetail: { message }, error: message })}\n`);
  } finally {
    await iterator.return?.();
  }
  response.end();
}

/** Resolves when the response takes more, or is gone. */
export async function drained(response: ServerResponse): Promise<void> {
  if (!response.writableNeedDrain || response.destroyed) return;
  const done = new AbortController();
  const options = { signal: done.signal };
  try {
    await Promise.race([once(response, 'drain', options), once(response, 'close', options)]);
  } finally {
    done.abort();
  }
}

export function sendError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const status = statusOf(error);
  for (const name of response.getHeaderNames())
    if (name.startsWith('content-') || name === 'transfer-encoding') response.removeHeader(name);
  sendJson(response, status, status === 304 ? undefined : { message: errorText(error) });
}

function statusOf(error: unknown): number {
  if (error instanceof EngineError) return HTTP_STATUS[error.code];
  if (error instanceof z.ZodError) return 400;
  if (error instanceof AggregateError && error.errors.length > 0) return statusOf(error.errors[0]);
  return 500;
}

/** `HostConfig.Memory: expected number` for a schema's complaint, the message for all else. */
function errorText(error: unknown): string {
  if (!(error instanceof z.ZodError)) return messageOf(error);
  return error.issues
    .map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message))
    .join('; ');
}
