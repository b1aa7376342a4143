/** Refuses bombs: what is packed may unpack to so many times its size and no more. */
import { EngineError } from '../../contract/errors.ts';

export interface Expansion {
  /** How many times its own size it may unpack to. */
  readonly expansion: number;
  /** Bytes it may unpack to whatever its size. */
  readonly freeBytes: number;
}

/** gzip reaches 1032, xz 7000; real layers stay under 100. */
export const EXPANSION: Expansion = { expansion: 500, freeBytes: 8 * 2 ** 30 };

export class ExpansionLimit {
  private readonly what: string;
  private readonly expansion: Expansion;
  private packedBytes = 0;
  private unpackedBytes = 0;

  /** `what` it is, for the message. */
  constructor(what: string, expansion: Expansion = EXPANSION) {
    this.what = what;
    this.expansion = expansion;
  }

  /** So many bytes more came in. */
  packed(bytes: number): void {
    this.packedBytes += bytes;
  }

  /** So many bytes more came out; throws `invalid-argument` once it is too much. */
  unpacked(bytes: number): void {
    this.unpackedBytes += bytes;
    const { expansion, freeBytes } = this.expansion;
    if (this.unpackedBytes > freeBytes + expansion * this.packedBytes)
      throw new EngineError(
        'invalid-argument',
        `${this.what} unpacks to more than ${expansion} times its size`,
      );
  }
}
