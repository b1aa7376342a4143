/**
 * Takes a tar archive apart into ingest files while it comes in. Nothing is written under a name from
 * the archive: names are only keys of a map.
 */
import { closeSync, fsync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { posix } from 'node:path';
import { promisify } from 'node:util';
import { EngineError } from '../../contract/errors.ts';
import { textOfBytes, type TarEntry } from '../../formats/tar-entry.ts';
import { TarReader, type TarSink } from '../../formats/tar-reader.ts';
import type { Ingest, ReceivedArchive } from '../content.ts';
import { compressionOf, decompress, type Decompression } from '../snapshots/decompression.ts';

/** More than any archive of images has; each costs a file. */
const FILES_MAX = 10_000;
const LINKS_MAX = 10;

const syncFile = promisify(fsync);

/** See `ContentStore.ingestArchive`. */
export async function receiveArchive(
  bytes: AsyncIterable<Uint8Array>,
  createIngest: () => Ingest,
  signal: AbortSignal,
): Promise<ReceivedArchive> {
  const files = new ArchiveFiles(createIngest);
  const reader = new TarReader(files);
  let decompression: Decompression | undefined;
  try {
    for await (const piece of bytes) {
      signal.throwIfAborted();
      const chunk = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
      decompression ??= decompress(compressionOf(chunk), (part) => reader.write(part));
      await decompression.write(chunk);
    }
    await decompression?.end();
    reader.end();
    await files.synced();
    return files;
  } catch (error) {
    decompression?.abort();
    files[Symbol.dispose]();
    throw error;
  }
}

class ArchiveFiles implements TarSink, ReceivedArchive {
  private readonly createIngest: () => Ingest;
  private readonly ingests = new Map<string, Ingest>();
  private readonly links = new Map<string, string>();
  private readonly syncs: Promise<void>[] = [];
  private fd = -1;

  constructor(createIngest: () => Ingest) {
    this.createIngest = createIngest;
  }

  begin(entry: TarEntry): void {
    const name = keyOf(entry.name);
    if (entry.type === 'symbolic-link')
      this.links.set(name, posix.join(posix.dirname(name), textOfBytes(entry.linkName)));
    if (entry.type === 'hard-link') this.links.set(name, keyOf(entry.linkName));
    if (entry.type !== 'file') return;
    if (this.ingests.size >= FILES_MAX)
      throw new EngineError('invalid-argument', `the archive has more than ${FILES_MAX} files`);
    const ingest = this.createIngest();
    this.ingests.get(name)?.discard();
    this.ingests.set(name, ingest);
    this.fd = openSync(ingest.path, 'wx', 0o600);
  }

  data(bytes: Buffer, offset: number): void {
    let at = 0;
    while (at < bytes.length) at += writeSync(this.fd, bytes, at, bytes.length - at, offset + at);
  }

  end(): void {
    if (this.fd === -1) return;
    const { fd } = this;
    this.fd = -1;
    const sync = syncFile(fd).finally(() => closeSync(fd));
    sync.catch(() => {}); // `synced` tells
    this.syncs.push(sync);
  }

  async synced(): Promise<void> {
    await Promise.all(this.syncs);
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
    if (this.fd !== -1) closeSync(this.fd);
    this.fd = -1;
    for (const ingest of this.ingests.values()) ingest.discard();
  }
}

/** `./a//b` and `a/b` are one file. */
function keyOf(name: string): string {
  return posix.join('/', textOfBytes(name)).slice(1);
}
