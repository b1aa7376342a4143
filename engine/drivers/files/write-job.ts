/**
 * An archive on its way into a container: pieces are taken one after another, decompressed where they
 * are compressed, and unpacked in the job's root.
 */
import { TarReader } from '../../formats/tar-reader.ts';
import type { ThreadRoot } from '../../host/thread-root.ts';
import { decompressAny, type Decompression } from '../snapshots/decompression.ts';
import { CopyExtractor } from './copy-extractor.ts';
import type { FileTask } from './file-messages.ts';
import { ownerIn, writableDirectory } from './paths.ts';

export interface WriteListener {
  onTaken(): void;
  onEnd(): void;
  onFailure(error: unknown): void;
}

export class WriteJob {
  private readonly root: ThreadRoot;
  private readonly listener: WriteListener;
  private readonly extractor: CopyExtractor;
  private readonly reader: TarReader;
  private readonly decompression: Decompression;
  private tail: Promise<void> = Promise.resolve();
  private isClosed = false;

  /** In the job's root. Throws when the place cannot be written. */
  constructor(
    { path, tree, options }: Extract<FileTask, { kind: 'write' }>,
    root: ThreadRoot,
    listener: WriteListener,
  ) {
    this.root = root;
    this.listener = listener;
    const directory = writableDirectory(path, tree.mounts, options);
    this.extractor = new CopyExtractor({
      directory,
      keepsKinds: options.keepsKinds,
      mountPoints: tree.mounts.map(({ destination }) => destination),
      owner: options.owner === undefined ? undefined : ownerIn(options.owner),
    });
    this.reader = new TarReader(this.extractor);
    // Without outside programs: here the container's would be found.
    this.decompression = decompressAny((bytes) => this.unpack(bytes));
  }

  take(piece: Buffer): void {
    this.enqueue(async () => {
      await this.decompression.write(piece);
      this.listener.onTaken();
    });
  }

  end(): void {
    this.enqueue(async () => {
      await this.decompression.end();
      this.root.enter();
      this.reader.end();
      this.extractor.finish();
      this.listener.onEnd();
    });
  }

  /** Closes what is open; harmless at any time. In the job's root. */
  close(): void {
    this.isClosed = true;
    this.decompression.abort();
    this.extractor.abort();
  }

  private enqueue(step: () => Promise<void>): void {
    this.tail = this.runAfter(this.tail, step);
  }

  private async runAfter(before: Promise<void>, step: () => Promise<void>): Promise<void> {
    await before;
    if (this.isClosed) return;
    try {
      await step();
    } catch (error) {
      if (!this.isClosed) this.listener.onFailure(error);
    }
  }

  private unpack(bytes: Buffer): void {
    if (this.isClosed) return;
    this.root.enter();
    this.reader.write(bytes);
  }
}
