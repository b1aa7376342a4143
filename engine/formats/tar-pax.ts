/**
 * PAX extended header records, `length key=value\n`, read and written. Pure.
 * Source: POSIX pax, "pax Extended Header"; values are UTF-8 except extended attributes (bytes).
 */
import { EngineError } from '../contract/errors.ts';

export interface PaxRecord {
  /** A byte string, like names in a tar entry. */
  readonly key: string;
  readonly value: Buffer;
}

/** Reads records in order; throws `invalid-argument` for anything that is not a whole record. */
export function readPaxRecords(bytes: Buffer): PaxRecord[] {
  const records: PaxRecord[] = [];
  let at = 0;
  while (at < bytes.length) {
    // Some writers pad the last block with zeros inside the stated size.
    if (bytes[at] === 0 && isZero(bytes, at)) break;
    const space = bytes.indexOf(0x20, at);
    const digits = space === -1 ? '' : bytes.toString('latin1', at, space);
    if (!/^[0-9]{1,10}$/.test(digits)) throw invalid();
    const end = at + Number(digits);
    const equals = bytes.indexOf(0x3d, space);
    if (end > bytes.length || equals === -1 || equals >= end - 1 || equals === space + 1)
      throw invalid();
    if (bytes[end - 1] !== 0x0a) throw invalid();
    records.push({
      key: bytes.toString('latin1', space + 1, equals),
      value: bytes.subarray(equals + 1, end - 1),
    });
    at = end;
  }
  return records;
}

/** Writes one record. `key` and `value` are byte strings. */
export function writePaxRecord(key: string, value: string | Buffer): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
  const rest = 1 + key.length + 1 + bytes.length + 1;
  // The length counts its own digits, so adding a digit may need one more.
  let length = rest + String(rest).length;
  length = rest + String(length).length;
  return Buffer.concat([
    Buffer.from(`${length} ${key}=`, 'latin1'),
    bytes,
    Buffer.from('\n', 'latin1'),
  ]);
}

function isZero(bytes: Buffer, from: number): boolean {
  for (let index = from; index < bytes.length; index++) if (bytes[index] !== 0) return false;
  return true;
}

function invalid(): EngineError {
  return new EngineError('invalid-argument', 'invalid tar: malformed PAX record');
}
