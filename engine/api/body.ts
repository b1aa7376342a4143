/**
 * Reads a JSON request body by Docker's rules: an empty body is no body; anything else must be
 * declared as JSON and be one document. Source: moby `api/server/httputils.ReadJSON`.
 */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { EngineError } from '../contract/errors.ts';

/** No create request comes near this (bytes). */
const BODY_LIMIT = 8 << 20;

/** `source` is where the body's bytes come from: the request, or the bare socket after an upgrade. */
export async function readJsonBody(request: IncomingMessage, source: Readable): Promise<unknown> {
  const text = (await readBody(request, source)).toString('utf8');
  if (text.length === 0) return undefined;
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json')
    throw new EngineError(
      'invalid-argument',
      `unsupported Content-Type header (${request.headers['content-type'] ?? ''}): must be 'application/json'`,
    );
  return parseJson(text);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (text.trim() === '')
      throw new EngineError('invalid-argument', 'invalid JSON: got EOF while reading request body');
    const message = (error as Error).message;
    if (/after JSON/.test(message))
      throw new EngineError('invalid-argument', 'unexpected content after JSON');
    throw new EngineError('invalid-argument', `invalid JSON: ${message}`);
  }
}

/** All of it, as bytes. */
export async function readBody(request: IncomingMessage, source: Readable): Promise<Buffer> {
  if (source === request) return collect(request);
  const length = Number(request.headers['content-length'] ?? 0);
  if (length > BODY_LIMIT) throw tooLarge();
  return readExactly(source, length);
}

async function collect(request: IncomingMessage): Promise<Buffer> {
  if (request.headers['content-length'] === '0') return Buffer.alloc(0);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_LIMIT) throw tooLarge();
    chunks.push(chunk);
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}

/** Takes exactly `length` bytes and leaves what follows them in the stream. */
async function readExactly(source: Readable, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let missing = length;
  while (missing > 0) {
    const chunk = (source.read() ?? (await nextReadable(source))) as Buffer | null;
    if (chunk === null) continue;
    chunks.push(chunk.subarray(0, missing));
    if (chunk.length > missing) source.unshift(chunk.subarray(missing));
    missing -= Math.min(missing, chunk.length);
  }
  return Buffer.concat(chunks);
}

function nextReadable(source: Readable): Promise<null> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error) => {
      source.off('readable', onReadable).off('end', onEnd).off('error', onEnd);
      if (error) reject(error);
      else resolve(null);
    };
    const onReadable = () => settle();
    const onEnd = () => settle(new EngineError('invalid-argument', 'request body ended early'));
    source.on('readable', onReadable).on('end', onEnd).on('error', onEnd);
  });
}

function tooLarge(): EngineError {
  return new EngineError('invalid-argument', `request body is larger than ${BODY_LIMIT} bytes`);
}
