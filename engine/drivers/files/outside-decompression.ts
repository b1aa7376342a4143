/**
 * Archives compressed in ways Node does not know are unpacked before they go to the thread that is shut
 * into the container's tree, which has no programs of the machine. All else passes as it is.
 */
import { EngineError } from '../../contract/errors.ts';
import { compressionOf, HEAD_BYTES } from '../snapshots/decompression.ts';
import { outsideDecoder, type OutsideCompression } from '../snapshots/outside-decoder.ts';

/** The archive, or what comes out of it. Throws `invalid-argument` for one that cannot be unpacked. */
export async function* plainArchive(
  archive: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const source = archive[Symbol.asyncIterator]();
  try {
    let head = Buffer.alloc(0);
    while (head.length < HEAD_BYTES) {
      const { done, value } = await source.next();
      if (done) break;
      head = Buffer.concat([head, value]);
    }
    const compression = compressionOf(head);
    const whole = chain(head, source);
    if (compression === 'xz' || compression === 'bzip2')
      yield* unpacked(compression, whole, signal);
    else yield* whole;
  } finally {
    await source.return?.();
  }
}

async function* chain(head: Buffer, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  for (let item = await rest.next(); item.done !== true; item = await rest.next()) yield item.value;
}

async function* unpacked(
  compression: OutsideCompression,
  archive: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const decoder = outsideDecoder(compression);
  const stop = () => decoder.destroy(new EngineError('cancelled', 'context canceled'));
  signal.addEventListener('abort', stop, { once: true });
  const feeding = feed(decoder, archive);
  feeding.catch((error: Error) => decoder.destroy(error));
  try {
    for await (const bytes of decoder as AsyncIterable<Buffer>) yield bytes;
    await feeding;
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw new EngineError('invalid-argument', `the archive is not valid ${compression}`, {
      cause: error,
    });
  } finally {
    signal.removeEventListener('abort', stop);
    decoder.destroy();
  }
}

async function feed(
  decoder: ReturnType<typeof outsideDecoder>,
  archive: AsyncIterable<Uint8Array>,
): Promise<void> {
  for await (const bytes of archive) {
    if (decoder.destroyed) return;
    if (!decoder.write(bytes))
      await new Promise<void>((resolve) => {
        decoder.once('drain', resolve);
        decoder.once('close', resolve);
      });
  }
  decoder.end();
}
