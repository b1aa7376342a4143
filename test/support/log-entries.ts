/**
 * Writes log entries as conmon writes them, for tests that need a log without a container: reads of
 * at most 8192 bytes, `F` where a newline follows, `P` where none does.
 */

export interface Written {
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Buffer;
}

const READ_BYTES = 8192;

/** Entry `index` of a log is stamped this many nanoseconds after `2026-11-20T09:00:00Z`. */
export function stampOf(index: number): string {
  const seconds = String(Math.floor(index / 1e9) % 60).padStart(2, '0');
  return `2026-11-20T09:00:${seconds}.${String(index % 1e9).padStart(9, '0')}`;
}

/** The stored form of what a container wrote. `firstIndex` numbers the first entry's stamp. */
export function logEntries(written: readonly Written[], firstIndex: number = 0): Buffer {
  const entries: Buffer[] = [];
  for (const { stream, bytes } of written)
    for (let at = 0; at < bytes.length; at += READ_BYTES)
      for (const { text, isPartial } of cutLines(bytes.subarray(at, at + READ_BYTES))) {
        const stamp = stampOf(firstIndex + entries.length);
        const header = `${stamp}+00:00 ${stream} ${isPartial ? 'P' : 'F'} `;
        entries.push(Buffer.concat([Buffer.from(header), text, Buffer.from('\n')]));
      }
  return Buffer.concat(entries);
}

/** Whole lines of one stream, a newline after each. */
export function logLines(
  lines: readonly string[],
  stream: 'stdout' | 'stderr' = 'stdout',
  firstIndex: number = 0,
): Buffer {
  return logEntries(
    lines.map((line) => ({ stream, bytes: Buffer.from(`${line}\n`) })),
    firstIndex,
  );
}

function cutLines(bytes: Buffer): { text: Buffer; isPartial: boolean }[] {
  const pieces = [];
  let start = 0;
  while (start < bytes.length) {
    const newlineAt = bytes.indexOf(0x0a, start);
    const end = newlineAt < 0 ? bytes.length : newlineAt;
    pieces.push({ text: bytes.subarray(start, end), isPartial: newlineAt < 0 });
    start = end + 1;
  }
  return pieces;
}
