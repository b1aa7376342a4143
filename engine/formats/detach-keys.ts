/**
 * The keys that leave a container or exec without ending it: `ctrl-p,ctrl-q` unless told otherwise.
 * Pure. Source: docker CLI manual, "detach keys"; moby `pkg/term.ToBytes`, `term.NewEscapeProxy`.
 */
import { EngineError } from '../contract/errors.ts';

export const DEFAULT_DETACH_KEYS = 'ctrl-p,ctrl-q';

const PUNCTUATION: Readonly<Record<string, number>> = {
  '@': 0,
  '[': 27,
  '\\': 28,
  ']': 29,
  '^': 30,
  _: 31,
};

/** `a,ctrl-b` → the bytes to wait for; the empty text gives the default. Throws `invalid-argument`. */
export function parseDetachKeys(text: string | undefined): Buffer {
  const keys = (text || DEFAULT_DETACH_KEYS).split(',');
  return Buffer.from(keys.map((key) => byteOf(key)));
}

function byteOf(key: string): number {
  if (key.length === 1) return key.charCodeAt(0);
  const name = /^ctrl-(.)$/i.exec(key)?.[1]?.toLowerCase();
  if (name !== undefined && name >= 'a' && name <= 'z') return name.charCodeAt(0) - 96;
  const code = name === undefined ? undefined : PUNCTUATION[name];
  if (code !== undefined) return code;
  throw new EngineError('invalid-argument', `Unknown character: '${key}'`);
}

/**
 * Looks for the keys in what a person types, over any number of pieces. Bytes that may be the
 * beginning of the sequence are held back until it is clear that they are not.
 */
export class DetachKeyFilter {
  private readonly keys: Buffer;
  private matched = 0;

  constructor(keys: Buffer) {
    this.keys = keys;
  }

  /** What to pass on, or undefined when the sequence is complete: nothing more is to be passed on. */
  push(bytes: Buffer): Buffer | undefined {
    const output: number[] = [];
    for (const byte of bytes) {
      if (byte !== this.keys[this.matched] && this.matched > 0) {
        output.push(...this.keys.subarray(0, this.matched));
        this.matched = 0;
      }
      if (byte !== this.keys[this.matched]) output.push(byte);
      else if (++this.matched === this.keys.length) return undefined;
    }
    return Buffer.from(output);
  }
}
