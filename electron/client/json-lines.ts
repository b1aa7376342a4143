/**
 * Newline-delimited JSON as an async iterable. A document comes out as soon as its newline is in;
 * at most the chunk at hand and one unfinished line (`LINE_LIMIT_BYTES`) are held, so a slow reader
 * stops the sender. A stream that breaks off throws; so does a document that reports an error, since
 * after `200 OK` the engine has no other way to say that it failed.
 */
import { EngineError } from '../../engine/contract/errors.ts';

/** The first message of a watch holds every container and image there is. */
export const LINE_LIMIT_BYTES = 256 << 20;

const NEWLINE = 0x0a;

export async function* parseJsonLines(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<unknown, void, undefined> {
  const pending: Uint8Array[] = [];
  let pendingBytes = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end; (end = chunk.indexOf(NEWLINE, start)) !== -1; start = end + 1) {
      pending.push(chunk.subarray(start, end));
      const line = Buffer.concat(pending).toString('utf8');
      pending.length = 0;
      pendingBytes = 0;
      if (line.trim() !== '') yield parseDocument(line);
    }
    if (start === chunk.length) continue;
    pending.push(chunk.subarray(start));
    pendingBytes += chunk.length - start;
    if (pendingBytes > LINE_LIMIT_BYTES)
      throw new EngineError('internal', 'a line of the answer is too long');
  }
  const rest = Buffer.concat(pending).toString('utf8');
  if (rest.trim() !== '') yield parseDocument(rest);
}

/** Source: moby `pkg/jsonmessage`, JSONError. */
function parseDocument(line: string): unknown {
  const value = JSON.parse(line) as { errorDetail?: { message?: string }; error?: string } | null;
  if (value?.errorDetail !== undefined)
    throw new EngineError('internal', value.errorDetail.message ?? value.error ?? 'unknown error');
  return value;
}
