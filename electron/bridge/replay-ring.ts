/**
 * The last bytes a terminal printed, up to a limit, addressed by their place in all it ever printed:
 * `start` is the oldest byte kept, `end` the one after the newest. Memory grows with what is in it.
 * Pure.
 */

const FIRST_CAPACITY_BYTES = 16 << 10;
const NEWLINE = 0x0a;
/** How far to look for the start of a line when the beginning is gone (bytes). */
const LINE_SEARCH_BYTES = 4 << 10;

export class ReplayRing {
  readonly #limitBytes: number;
  #bytes: Uint8Array;
  #end = 0;
  #length = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
    this.#bytes = new Uint8Array(Math.min(FIRST_CAPACITY_BYTES, limitBytes));
  }

  get start(): number {
    return this.#end - this.#length;
  }

  get end(): number {
    return this.#end;
  }

  push(bytes: Uint8Array): void {
    this.#grow(this.#length + bytes.length);
    const capacity = this.#bytes.length;
    const kept = bytes.subarray(Math.max(0, bytes.length - capacity));
    const at = (this.#end + bytes.length - kept.length) % capacity;
    const untilWrap = Math.min(kept.length, capacity - at);
    this.#bytes.set(kept.subarray(0, untilWrap), at);
    this.#bytes.set(kept.subarray(untilWrap), 0);
    this.#end += bytes.length;
    this.#length = Math.min(this.#length + bytes.length, capacity);
  }

  /** Up to `maximumBytes` from `from` on (not before `start`), as a copy of its own. */
  read(from: number, maximumBytes: number): Uint8Array {
    const length = Math.min(this.#end - from, maximumBytes);
    const copy = new Uint8Array(length);
    const at = from % this.#bytes.length;
    const untilWrap = Math.min(length, this.#bytes.length - at);
    copy.set(this.#bytes.subarray(at, at + untilWrap));
    copy.set(this.#bytes.subarray(0, length - untilWrap), untilWrap);
    return copy;
  }

  /**
   * Where a replay begins: at the oldest byte, or, when older ones are gone, at the next line, so
   * that it does not begin inside a character or an escape sequence.
   */
  replayStart(): number {
    if (this.start === 0) return 0;
    const newline = this.read(this.start, LINE_SEARCH_BYTES).indexOf(NEWLINE);
    return newline === -1 ? this.start : this.start + newline + 1;
  }

  #grow(wantedBytes: number): void {
    if (wantedBytes <= this.#bytes.length || this.#bytes.length === this.#limitBytes) return;
    let capacity = this.#bytes.length;
    while (capacity < wantedBytes && capacity < this.#limitBytes) capacity *= 2;
    const kept = this.read(this.start, this.#length);
    this.#bytes = new Uint8Array(Math.min(capacity, this.#limitBytes));
    const at = this.start % this.#bytes.length;
    const untilWrap = Math.min(kept.length, this.#bytes.length - at);
    this.#bytes.set(kept.subarray(0, untilWrap), at);
    this.#bytes.set(kept.subarray(untilWrap), 0);
  }
}
