/**
 * Times in logs: the fixed-width stamps of stored entries and the bounds of requests, both as UTC
 * text of one width, so that comparing bytes compares times. Pure. Source: RFC 3339.
 */
/** `2026-11-20T09:00:00.123456789`, without the zone. */
export const TIME_BYTES = 29;

const SECONDS_BYTES = 19;
const LETTER_Z = 0x5a;

/** True when the entry at `start` is stamped `+00:00`, so its first 29 bytes are UTC already. */
export function isUtcEntry(bytes: Buffer, start: number): boolean {
  return (
    bytes[start + 30] === 0x30 &&
    bytes[start + 31] === 0x30 &&
    bytes[start + 33] === 0x30 &&
    bytes[start + 34] === 0x30
  );
}

/** The entry's stamp as `2026-11-20T09:00:00.123456789Z`, whatever zone it was written in. */
export function utcTimeOf(bytes: Buffer, start: number): string {
  if (isUtcEntry(bytes, start)) return `${bytes.toString('latin1', start, start + TIME_BYTES)}Z`;
  const seconds = Date.parse(
    bytes.toString('latin1', start, start + SECONDS_BYTES) +
      bytes.toString('latin1', start + 29, start + 35),
  );
  if (Number.isNaN(seconds)) return `${bytes.toString('latin1', start, start + TIME_BYTES)}Z`;
  const utc = new Date(seconds).toISOString().slice(0, SECONDS_BYTES);
  return `${utc}${bytes.toString('latin1', start + SECONDS_BYTES, start + TIME_BYTES)}Z`;
}

/** Writes the entry's stamp in UTC, 30 bytes with the `Z`, at `target`; ranges may overlap. */
export function moveUtcTime(
  bytes: Buffer,
  start: number,
  destination: Buffer,
  target: number,
): void {
  if (isUtcEntry(bytes, start)) {
    if (bytes === destination) bytes.copyWithin(target, start, start + TIME_BYTES);
    else bytes.copy(destination, target, start, start + TIME_BYTES);
    destination[target + TIME_BYTES] = LETTER_Z;
    return;
  }
  destination.write(utcTimeOf(bytes, start), target, 'latin1');
}

/** Negative when the entry at `start` is older than `time`, positive when newer, 0 when equal. */
export function compareEntryTime(bytes: Buffer, start: number, time: Buffer): number {
  const entry = isUtcEntry(bytes, start) ? bytes : Buffer.from(utcTimeOf(bytes, start), 'latin1');
  const at = entry === bytes ? start : 0;
  for (let index = 0; index < TIME_BYTES; index++) {
    const difference = (entry[at + index] ?? 0) - (time[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const MAX_TIME_NS = 253_402_300_799_999_999_999n;

/** A time as the 29 bytes entries carry; times outside the years 1970–9999 are brought inside. */
export function timeBytes(timeNs: bigint): Buffer {
  const bounded = timeNs < 0n ? 0n : timeNs > MAX_TIME_NS ? MAX_TIME_NS : timeNs;
  const seconds = new Date(Number(bounded / 1_000_000_000n) * 1000).toISOString();
  const nanoseconds = String(bounded % 1_000_000_000n).padStart(9, '0');
  return Buffer.from(`${seconds.slice(0, SECONDS_BYTES)}.${nanoseconds}`, 'latin1');
}
