/**
 * Archives compressed in ways Node does not know, bzip2 and xz: the machine's own programs unpack
 * them, as dockerd has xz do. All else passes as it is.
 */
import { EngineError } from '../../contract/errors.ts';
import { startChild } from '../../host/child.ts';
import { findProgram } from '../../host/programs.ts';

const HEAD_BYTES = 6;

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
    const program = programFor(head);
    const whole = chain(head, source);
    if (program === undefined) yield* whole;
    else yield* unpackedBy(program, whole, signal);
  } finally {
    await source.return?.();
  }
}

function programFor(head: Buffer): string | undefined {
  if (head.toString('latin1', 0, 3) === 'BZh') return 'bzip2';
  if (head.toString('latin1', 0, 6) === '\xfd7zXZ\0') return 'xz';
  return undefined;
}

async function* chain(head: Buffer, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  for (let item = await rest.next(); item.done !== true; item = await rest.next()) yield item.value;
}

async function* unpackedBy(
  name: string,
  archive: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const program = findProgram(name);
  if (program === undefined)
    throw new EngineError(
      'invalid-argument',
      `the archive is compressed with ${name}, which is not installed here`,
    );
  const child = startChild(program, ['-d', '-c', '-q'], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'null',
  });
  const { stdin, stdout } = child;
  if (stdin === undefined || stdout === undefined) throw new Error('pipes were asked for');
  const stop = () => stdin.destroy();
  signal.addEventListener('abort', stop, { once: true });
  stdin.on('error', () => {}); // its status tells more
  const feeding = feed(stdin, archive);
  feeding.catch(() => {}); // awaited below, unless the reader left
  try {
    for await (const bytes of stdout as AsyncIterable<Buffer>) yield bytes;
    await feeding;
    if ((await child.exited) !== 0)
      throw new EngineError('invalid-argument', `the archive is not valid ${name}`);
  } finally {
    signal.removeEventListener('abort', stop);
    stdin.destroy();
    stdout.destroy();
  }
}

async function feed(
  stdin: NonNullable<ReturnType<typeof startChild>['stdin']>,
  archive: AsyncIterable<Uint8Array>,
): Promise<void> {
  for await (const bytes of archive) {
    if (stdin.destroyed) return;
    if (!stdin.write(bytes))
      await new Promise<void>((resolve) => {
        stdin.once('drain', resolve);
        stdin.once('close', resolve);
      });
  }
  stdin.end();
}
