/** JSON documents that strangers wrote: read once their size and depth are known to be sane. Pure. */
import { EngineError } from '../contract/errors.ts';

/** Deeper documents overflow the stack of whoever walks them; real ones stay under ten. */
const DEPTH_MAX = 200;

/** Throws `invalid-argument`, naming `what` it is, for what is no JSON or is nested too deep. */
export function parseDocument(bytes: Uint8Array, what: string): unknown {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (depthOf(text) > DEPTH_MAX)
    throw new EngineError('invalid-argument', `${what} is nested more than ${DEPTH_MAX} deep`);
  try {
    return JSON.parse(text.toString('utf8')) as unknown;
  } catch (cause) {
    throw new EngineError('invalid-argument', `${what} is not JSON`, { cause });
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING: readonly number[] = [0x5b, 0x7b];
const CLOSING: readonly number[] = [0x5d, 0x7d];

/** How deep brackets go, those within strings left out. */
function depthOf(text: Uint8Array): number {
  let [depth, deepest] = [0, 0];
  let isWithinString = false;
  for (let at = 0; at < text.length; at++) {
    const byte = text[at] as number;
    if (byte === QUOTE) isWithinString = !isWithinString;
    else if (isWithinString) at += byte === BACKSLASH ? 1 : 0;
    else if (OPENING.includes(byte)) deepest = Math.max(deepest, ++depth);
    else if (CLOSING.includes(byte)) depth--;
  }
  return deepest;
}
