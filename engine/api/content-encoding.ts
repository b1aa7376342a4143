/** Compressing an answer for a client that asks for it. Source: RFC 9110, section 12.5.3. */
import { pipeline, Readable, type Transform } from 'node:stream';
import { constants, createDeflateRaw, createGzip } from 'node:zlib';

export type ContentEncoding = 'gzip' | 'deflate';

/** gzip before deflate where both are as welcome; undefined for neither. */
export function chooseEncoding(accepted: string | undefined): ContentEncoding | undefined {
  const wishes = (accepted ?? '').split(',').map((part) => {
    const [name = '', ...parameters] = part
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/);
    const quality = parameters.find((it) => it.startsWith('q='))?.slice(2);
    return { name, quality: quality === undefined ? 1 : Number(quality) || 0 };
  });
  const qualityOf = (name: string) =>
    (wishes.find((it) => it.name === name) ?? wishes.find((it) => it.name === '*'))?.quality ?? 0;
  const [gzip, deflate] = [qualityOf('gzip'), qualityOf('deflate')];
  if (gzip === 0 && deflate === 0) return undefined;
  return gzip >= deflate ? 'gzip' : 'deflate';
}

/** `deflate` without zlib's frame, as dockerd writes it. Leaving the loop early ends the source. */
export async function* encoded(
  bytes: AsyncIterable<Buffer>,
  encoding: ContentEncoding | undefined,
): AsyncGenerator<Buffer> {
  if (encoding === undefined) {
    yield* bytes;
    return;
  }
  // The wire is what compression is to spare: more than the quickest level does would hold it up.
  const options = { level: constants.Z_BEST_SPEED };
  const codec: Transform = encoding === 'gzip' ? createGzip(options) : createDeflateRaw(options);
  pipeline(Readable.from(bytes, { objectMode: false }), codec, () => {}); // told by the codec
  yield* codec as AsyncIterable<Buffer>;
}
