/**
 * Takes a tar archive apart into ingest files while it comes in. Nothing is written under a name from
 * the archive: names are only keys of a map.
 */
import { closeSync, fsync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { posix } from 'node:path';
import { promisify } from 'node:util';
import { EngineError } from '../../contract/errors.ts';
import { BLOCK_BYTES, textOfBytes, type TarEntry } from '../../formats/tar-entry.ts';
import { TarReader, type TarSink } from '../../formats/tar-reader.ts';
import { hasTarMagic } from '../../formats/tar-header.ts';
import type { Ingest, ReceivedArchive, ReceivedFile } from '../content.ts';
import { compressionOf, decompressAny } from '../snapshots/decompression.ts';
import { ExpansionLimit, type Expansion } from '../snapshots/expansion-limit.ts';
import { outsideDecoder } from '../snapshots/outside-decoder.ts';

/** More than any archive of images has; each costs a file. */
const FILES_MAX = 10_000;
const LINKS_MAX = 10;

const syncFile = promisify(fsync);

export interface ReceiveOptions {
  readonly createIngest: () => Ingest;
  readonly onFile: (file: ReceivedFile) => void;
  readonly signal: AbortSignal;
  readonly expansion?: Expansion;
}

/** See `ContentStore.ingestArchive`. */
export async function receiveArchive(
  bytes: AsyncIterable<Uint8Array>,
  options: ReceiveOptions,
): Promise<ReceivedArchive> {
  const { signal } = options;
  const files = new ArchiveFiles(options);
  const reader = new TarReader(files);
  const limit = new ExpansionLimit('the archive', options.expansion);
  const decompression = decompressAny((part) => {
    limit.unpacked(part.length);
    reader.write(part);
  }, outsideDecoder);
  try {
    for await (const piece of bytes) {
      signal.throwIfAborted();
      const chunk = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
      limit.packed(chunk.length);
      await decompression.write(chunk);
    }
    await decompression.end();
    reader.end();
    return files;
  } catch (error) {
    decompression.abort();
    files[Symbol.dispose]();
    throw error;
  }
}

class ArchiveFiles implements TarSink, ReceivedArchive {
  private readonly options: ReceiveOptions;
  private readonly ingests = new Map<string, Ingest>();
  private readonly links = new Map<string, string>();
  private present: PresentFile | undefined;

  constructor(options: ReceiveOptions) {
    this.options = options;
  }

  begin(entry: TarEntry): void {
    const name = keyOf(entry.name);
    if (entry.type === 'symbolic-link')
      this.links.set(name, posix.join(posix.dirname(name), textOfBytes(entry.linkName)));
    if (entry.type === 'hard-link') this.links.set(name, keyOf(entry.linkName));
    if (entry.type !== 'file') return;
    if (this.ingests.size >= FILES_MAX)
      throw new EngineError('invalid-argument', `the archive has more than ${FILES_MAX} files`);
    const file = new PresentFile(name, this.options.createIngest());
    this.present = file;
    this.ingests.get(name)?.discard();
    this.ingests.set(name, file.ingest);
  }

  data(bytes: Buffer, offset: number): void {
    this.present?.write(bytes, offset);
  }

  end(): void {
    const { present } = this;
    if (present === undefined) return;
    this.present = undefined;
    present.finish();
    const { name, ingest, mayBeLayer } = present;
    this.options.onFile({ name, ingest, mayBeLayer });
  }

  file(name: string): Ingest | undefined {
    let target = keyOf(name);
    for (let hop = 0; hop < LINKS_MAX && this.links.has(target); hop++)
      target = this.links.get(target) as string;
    return this.ingests.get(target);
  }

  read(name: string, limitBytes: number): Buffer | undefined {
    const path = this.file(name)?.path;
    if (path === undefined) return undefined;
    if (statSync(path).size > limitBytes)
      throw new EngineError('invalid-argument', `${name} is larger than ${limitBytes} bytes`);
    return readFileSync(path);
  }

  [Symbol.dispose](): void {
    this.present?.finish();
    this.present = undefined;
    for (const ingest of this.ingests.values()) ingest.discard();
  }
}

/** A file of the archive while its bytes come in. */
class PresentFile {
  readonly name: string;
  /** Becomes a blob only once the disk has it. */
  readonly ingest: Ingest;
  private readonly fd: number;
  private readonly synced = Promise.withResolvers<void>();
  private head: Buffer = Buffer.alloc(0);

  constructor(name: string, ingest: Ingest) {
    this.name = name;
    this.fd = openSync(ingest.path, 'wx', 0o600);
    this.synced.promise.catch(() => {}); // who commits hears of it
    this.ingest = {
      path: ingest.path,
      write: (bytes, signal) => ingest.write(bytes, signal),
      commit: async (digest) => {
        await this.synced.promise;
        await ingest.commit(digest);
      },
      discard: () => ingest.discard(),
    };
  }

  write(bytes: Buffer, offset: number): void {
    if (this.head.length < BLOCK_BYTES)
      this.head = Buffer.concat([this.head, bytes.subarray(0, BLOCK_BYTES - this.head.length)]);
    let at = 0;
    while (at < bytes.length) at += writeSync(this.fd, bytes, at, bytes.length - at, offset + at);
  }

  /** No more bytes come: the disk gets them while others go on. */
  finish(): void {
    const { fd } = this;
    const sync = syncFile(fd).finally(() => closeSync(fd));
    sync.then(this.synced.resolve, this.synced.reject);
  }

  get mayBeLayer(): boolean {
    return compressionOf(this.head) !== 'none' || hasTarMagic(this.head);
  }
}

/** `./a//b` and `a/b` are one file. */
function keyOf(name: string): string {
  return posix.join('/', textOfBytes(name)).slice(1);
}
