/**
 * The bytes of a blob from an offset on, as if the connection never broke: a cut or stalled transfer
 * is continued with a Range request where it stopped. Runs in Workers.
 * Source: distribution spec, "Pulling blobs"; RFC 9110 §14.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { IncomingMessage } from 'node:http';
import { RegistryError, type BlobSource } from '../registry.ts';
import { pauseBefore } from './back-off.ts';
import { describeFailure } from './connection-errors.ts';
import { isTransient, send } from './transport.ts';

/** Failures in a row without a byte gained before giving up. */
const FAILURES_MAX = 5;

export interface Download {
  readonly source: BlobSource;
  readonly offset: number;
  readonly sizeBytes: number;
  readonly signal: AbortSignal;
}

/**
 * Yields exactly the bytes `offset` … `sizeBytes`. Throws RegistryError: `unauthorized` when the
 * authorization has run out, `internal` for a blob of another size.
 */
export async function* downloadBlob(download: Download): AsyncGenerator<Buffer> {
  const { sizeBytes, signal, source } = download;
  let { offset } = download;
  let failures = 0;
  while (offset < sizeBytes) {
    try {
      const response = await request(source, offset, signal);
      for await (const bytes of bodyFrom(response, offset, sizeBytes)) {
        offset += bytes.length;
        failures = 0;
        yield bytes;
      }
      if (offset < sizeBytes) throw new RegistryError('internal', 'the transfer ended early', 500);
    } catch (error) {
      signal.throwIfAborted();
      const isPassing = isTransient(error) && ++failures < FAILURES_MAX;
      const retryAfter = error instanceof RegistryError ? error.retryAfter : undefined;
      const pauseMs = isPassing ? pauseBefore(failures, retryAfter, Date.now()) : undefined;
      if (pauseMs === undefined) throw described(error, source.url);
      await sleep(pauseMs, undefined, { signal });
    }
  }
}

function described(error: unknown, url: string): unknown {
  if (error instanceof RegistryError || !(error instanceof Error)) return error;
  const message = describeFailure(error, 'GET', url);
  return new RegistryError('internal', message, 0, { cause: error });
}

async function request(
  source: BlobSource,
  offset: number,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const response = await send({
    url: source.url,
    headers: { ...source.headers, ...(offset > 0 && { range: `bytes=${offset}-` }) },
    connection: source.connection,
    signal,
  });
  const status = response.statusCode ?? 0;
  if (status === 200 || status === 206) return response;
  response.resume();
  const retryAfter = response.headers['retry-after'];
  if (status === 401 || status === 403)
    throw new RegistryError('unauthorized', `the registry refuses the blob: ${status}`, status);
  if (status === 404) throw new RegistryError('not-found', 'blob unknown to registry', status);
  throw new RegistryError('internal', `unexpected status from the registry: ${status}`, status, {
    retryAfter,
  });
}

/** A server that ignores the Range begins at 0: what is known already is read past. */
async function* bodyFrom(
  response: IncomingMessage,
  offset: number,
  sizeBytes: number,
): AsyncGenerator<Buffer> {
  let position = startOf(response, offset);
  for await (const chunk of response as AsyncIterable<Buffer>) {
    const skip = Math.max(0, Math.min(offset - position, chunk.length));
    position += chunk.length;
    if (position > sizeBytes)
      throw new RegistryError('internal', `blob is larger than the ${sizeBytes} bytes stated`, 200);
    if (skip < chunk.length) yield skip === 0 ? chunk : chunk.subarray(skip);
  }
}

function startOf(response: IncomingMessage, offset: number): number {
  if (response.statusCode !== 206) return 0;
  const start = /^bytes (\d+)-/.exec(response.headers['content-range'] ?? '')?.[1];
  if (start === undefined || Number(start) > offset)
    throw new RegistryError('internal', 'the registry answers another range than asked for', 200);
  return Number(start);
}
