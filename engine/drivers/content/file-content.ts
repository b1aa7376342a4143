/**
 * `ContentStore` in plain files: `blobs/sha256/<hex>` and `ingest/<hex>` under one root. A blob
 * appears by rename after its bytes are on disk, and the directory is synced before anyone is told.
 */
import { randomUUID } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError } from '../../contract/errors.ts';
import { digestOf, hexOf, isDigest, type Digest } from '../../formats/digest.ts';
import type { ContentStore, Ingest, ReceivedArchive } from '../content.ts';
import { receiveArchive } from './received-archive.ts';

const STREAM_PIECE_BYTES = 512 << 10;
/** Ingests whose digest is not known are told apart from resumable ones by their name. */
const UNKNOWN_PREFIX = 'unknown-';

export class FileContentStore implements ContentStore {
  private readonly blobs: string;
  private readonly ingests: string;
  /** Blobs on disk, so that `has` and `list` cost no system call. */
  private readonly known: Set<Digest>;

  /** Opens or creates the store at `root`, an absolute path that nobody else writes to. */
  constructor(root: string) {
    this.blobs = join(root, 'blobs', 'sha256');
    this.ingests = join(root, 'ingest');
    mkdirSync(this.blobs, { recursive: true, mode: 0o700 });
    mkdirSync(this.ingests, { recursive: true, mode: 0o700 });
    const names = readdirSync(this.blobs).map((hex) => `sha256:${hex}`);
    this.known = new Set(names.filter(isDigest));
  }

  has(digest: Digest): boolean {
    return this.known.has(digest);
  }

  sizeBytes(digest: Digest): number {
    if (!this.known.has(digest)) throw missing(digest);
    return statSync(this.pathOf(digest)).size;
  }

  pathOf(digest: Digest): string {
    return join(this.blobs, hexOf(digest));
  }

  read(digest: Digest, limitBytes: number): Buffer {
    const path = this.pathOf(digest);
    if (!this.known.has(digest) || !existsSync(path)) throw missing(digest);
    if (statSync(path).size > limitBytes)
      throw new EngineError('internal', `blob ${digest} is larger than ${limitBytes} bytes`);
    const bytes = readFileSync(path);
    if (digestOf(bytes) !== digest) {
      // The next pull must fetch it again instead of trusting the name.
      this.known.delete(digest);
      throw new EngineError('internal', `blob ${digest} is damaged on disk: pull the image again`);
    }
    return bytes;
  }

  stream(digest: Digest): AsyncIterable<Buffer> {
    if (!this.known.has(digest)) throw missing(digest);
    return createReadStream(this.pathOf(digest), { highWaterMark: STREAM_PIECE_BYTES });
  }

  ingestArchive(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<ReceivedArchive> {
    return receiveArchive(bytes, () => this.ingestUnknown(), signal);
  }

  async add(bytes: Uint8Array): Promise<Digest> {
    const digest = digestOf(bytes);
    if (this.known.has(digest)) return digest;
    const ingest = this.ingestUnknown();
    try {
      await writeFile(ingest.path, bytes, { flush: true, mode: 0o600 });
      await ingest.commit(digest);
    } finally {
      ingest.discard();
    }
    return digest;
  }

  ingest(digest: Digest): Ingest {
    return this.ingestAt(join(this.ingests, hexOf(digest)));
  }

  ingestUnknown(): Ingest {
    return this.ingestAt(join(this.ingests, UNKNOWN_PREFIX + randomUUID()));
  }

  private ingestAt(path: string): Ingest {
    return {
      path,
      write: (bytes, signal) => writeFile(path, bytes, { flush: true, mode: 0o600, signal }),
      commit: async (digest) => {
        renameSync(path, this.pathOf(digest));
        await syncDirectory(this.blobs);
        this.known.add(digest);
      },
      discard: () => rmSync(path, { force: true }),
    };
  }

  remove(digest: Digest): void {
    this.known.delete(digest);
    rmSync(this.pathOf(digest), { force: true });
  }

  setAside(digest: Digest): void {
    if (!this.known.delete(digest)) return;
    renameSync(this.pathOf(digest), join(this.ingests, hexOf(digest)));
  }

  list(): Digest[] {
    return [...this.known];
  }

  sweepIngests(olderThanMs: number): void {
    for (const name of readdirSync(this.ingests)) {
      const path = join(this.ingests, name);
      if (name.startsWith(UNKNOWN_PREFIX) || statSync(path).mtimeMs < olderThanMs)
        rmSync(path, { force: true });
    }
  }
}

/** A rename is durable once the directory that holds the new name is. */
async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r');
  await directory.sync();
}

function missing(digest: Digest): EngineError {
  return new EngineError('not-found', `blob ${digest} is missing: pull the image again`);
}
