/** Tar bytes on their way out, in pieces of one size that are handed on without a copy. */
import { readSync } from 'node:fs';
import type { TarEntry } from '../../formats/tar-entry.ts';
import { paddingOf } from '../../formats/tar-entry.ts';
import { TAR_END, tarHeader } from '../../formats/tar-writer.ts';

const PIECE_BYTES = 256 << 10;

export class TarOutput {
  private piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  private used = 0;

  /** A member that carries no data. */
  *member(entry: TarEntry): Generator<Buffer> {
    yield* this.write(tarHeader(entry));
  }

  /** A file; one that became shorter since is filled up with zeros, since its size was told. */
  *file(entry: TarEntry, fd: number): Generator<Buffer> {
    yield* this.write(tarHeader(entry));
    let missing = entry.sizeBytes;
    let isOver = false;
    while (missing > 0) {
      const most = Math.min(missing, PIECE_BYTES - this.used);
      let length = isOver ? 0 : readSync(fd, this.piece, this.used, most, null);
      if (length === 0) {
        isOver = true;
        this.piece.fill(0, this.used, this.used + most);
        length = most;
      }
      missing -= length;
      this.used += length;
      if (this.used === PIECE_BYTES) yield this.take();
    }
    yield* this.write(ZEROS.subarray(0, paddingOf(entry.sizeBytes)));
  }

  /** The end of the archive, and the last piece. */
  *end(): Generator<Buffer> {
    yield* this.write(TAR_END);
    yield this.take();
  }

  private *write(bytes: Buffer): Generator<Buffer> {
    let at = 0;
    while (at < bytes.length) {
      const length = bytes.copy(this.piece, this.used, at);
      at += length;
      this.used += length;
      if (this.used === PIECE_BYTES) yield this.take();
    }
  }

  private take(): Buffer {
    const piece = this.piece.subarray(0, this.used);
    this.piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
    this.used = 0;
    return piece;
  }
}

const ZEROS = Buffer.alloc(512);
