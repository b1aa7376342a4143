/**
 * `ContentStore` in plain files: `blobs/sha256/<hex>`, `ingest/<hex>` and `damaged/<hex>` under one
 * root. A blob appears by rename after its bytes are on disk, and the directory is synced before
 * anyone is told.
 */
import { createHash, randomUUID } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  type Stats,
} from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError } from '../../contract/errors.ts';
import { digestOf, hexOf, isDigest, type Digest } from '../../formats/digest.ts';
import type { ContentStore, Ingest, ReceivedArchive, ReceivedFile } from '../content.ts';
import { receiveArchive } from './received-archive.ts';

const STREAM_PIECE_BYTES = 512 << 10;
/** Ingests whose digest is not known are told apart from resumable ones by their name. */
const UNKNOWN_PREFIX = 'unknown-';

export class FileContentStore implements ContentStore {
  private readonly blobs: string;
  private readonly ingests: string;
  private readonly damagedFolder: string;
  private readonly damaged: Set<Digest>;
  /** Blobs on disk, so that `has` and `list` cost no system call. */
  private readonly known: Set<Digest>;

  /** Opens or creates the store at `root`, an absolute path that nobody else writes to. */
  constructor(root: string) {
    this.blobs = join(root, 'blobs', 'sha256');
    this.ingests = join(root, 'ingest');
    this.damagedFolder = join(root, 'damaged');
    for (const folder of [this.blobs, this.ingests, this.damagedFolder])
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.known = digestsIn(this.blobs);
    this.damaged = digestsIn(this.damagedFolder);
  }

  has(digest: Digest): boolean {
    return this.known.has(digest);
  }

  holds(digest: Digest, sizeBytes: number): boolean {
    if (!this.known.has(digest)) return false;
    const file = statSync(this.pathOf(digest), { throwIfNoEntry: false });
    if (file === undefined) this.known.delete(digest);
    return file?.size === sizeBytes;
  }

  sizeBytes(digest: Digest): number {
    return this.lookAt(digest).size;
  }

  pathOf(digest: Digest): string {
    return join(this.blobs, hexOf(digest));
  }

  read(digest: Digest, limitBytes: number): Buffer {
    if (this.lookAt(digest).size > limitBytes)
      throw new EngineError('internal', `blob ${digest} is larger than ${limitBytes} bytes`);
    const bytes = readFileSync(this.pathOf(digest));
    if (digestOf(bytes) !== digest) throw this.foundDamaged(digest);
    return bytes;
  }

  async *stream(digest: Digest): AsyncGenerator<Buffer> {
    this.lookAt(digest);
    const hash = createHash('sha256');
    let last: Buffer | undefined;
    for await (const piece of createReadStream(this.pathOf(digest), {
      highWaterMark: STREAM_PIECE_BYTES,
    })) {
      if (last !== undefined) yield last;
      last = piece as Buffer;
      hash.update(last);
    }
    if (`sha256:${hash.digest('hex')}` !== digest) throw this.foundDamaged(digest);
    if (last !== undefined) yield last;
  }

  markDamaged(digest: Digest): void {
    if (!this.known.delete(digest) || !existsSync(this.pathOf(digest))) return;
    renameSync(this.pathOf(digest), join(this.damagedFolder, hexOf(digest)));
    this.damaged.add(digest);
  }

  listDamaged(): Digest[] {
    return [...this.damaged];
  }

  /** The blob's file; throws what is to be said of one that is not there. */
  private lookAt(digest: Digest): Stats {
    const file = this.known.has(digest)
      ? statSync(this.pathOf(digest), { throwIfNoEntry: false })
      : undefined;
    if (file !== undefined) return file;
    this.known.delete(digest);
    throw this.damaged.has(digest) ? damaged(digest) : missing(digest);
  }

  private foundDamaged(digest: Digest): EngineError {
    this.markDamaged(digest);
    return damaged(digest);
  }

  ingestArchive(
    bytes: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
    onFile: (file: ReceivedFile) => void,
  ): Promise<ReceivedArchive> {
    return receiveArchive(bytes, { createIngest: () => this.ingestUnknown(), onFile, signal });
  }

  async add(bytes: Uint8Array): Promise<Digest> {
    const digest = digestOf(bytes);
    if (this.holds(digest, bytes.length)) return digest;
    const ingest = this.ingestUnknown();
    try {
      await writeFile(ingest.path, bytes, { flush: true, mode: 0o600 });
      await ingest.commit(digest);
    } finally {
      ingest.discard();
    }
    // A start may have set it aside, since nothing needed it yet when the engine was killed.
    this.ingest(digest).discard();
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
        this.forgetDamage(digest);
      },
      discard: () => rmSync(path, { force: true }),
    };
  }

  remove(digest: Digest): void {
    this.known.delete(digest);
    rmSync(this.pathOf(digest), { force: true });
    this.forgetDamage(digest);
  }

  private forgetDamage(digest: Digest): void {
    if (this.damaged.delete(digest))
      rmSync(join(this.damagedFolder, hexOf(digest)), { force: true });
  }

  setAside(digest: Digest): void {
    this.forgetDamage(digest);
    if (!this.known.delete(digest)) return;
    renameSync(this.pathOf(digest), join(this.ingests, hexOf(digest)));
  }

  list(): Digest[] {
    return [...this.known];
  }

  listIngests(): { what: string; bytes: number }[] {
    return readdirSync(this.ingests).map((name) => {
      const what = name.startsWith(UNKNOWN_PREFIX) ? name : `part of blob sha256:${name}`;
      return { what, bytes: statSync(join(this.ingests, name)).size };
    });
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

function digestsIn(folder: string): Set<Digest> {
  return new Set(
    readdirSync(folder)
      .map((hex) => `sha256:${hex}`)
      .filter(isDigest),
  );
}

function damaged(digest: Digest): EngineError {
  return new EngineError('internal', `blob ${digest} is damaged on disk: pull the image again`);
}

function missing(digest: Digest): EngineError {
  return new EngineError('not-found', `blob ${digest} is missing: pull the image again`);
}
