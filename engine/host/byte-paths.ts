/**
 * File names on Linux are bytes and need not be UTF-8. A *byte string* holds one byte in each character
 * (latin1); this is how one is handed to file calls. Pure.
 */

/** The path as file calls take it. */
export function nativePath(bytes: string): string | Buffer {
  // eslint-disable-next-line no-control-regex
  return /^[\0-\x7f]*$/.test(bytes) ? bytes : Buffer.from(bytes, 'latin1');
}
