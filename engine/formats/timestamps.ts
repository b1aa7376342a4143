/**
 * Times as Docker's query parameters write them: `seconds[.nanoseconds]` since the epoch, RFC 3339,
 * or a duration back from now (`10m`). Pure.
 * Source: moby `api/types/time.GetTimestamp`, `ParseTimestamps`.
 */
import { EngineError } from '../contract/errors.ts';

const DURATION_UNIT_NS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/** Nanoseconds since the epoch, or undefined for the empty string and `0`. Throws `invalid-argument`. */
export function parseTimestampNs(text: string, nowNs: bigint): bigint | undefined {
  if (text === '' || text === '0') return undefined;
  const unix = /^(-?\d+)(?:\.(\d{1,9})\d*)?$/.exec(text);
  if (unix !== null)
    return BigInt(unix[1] ?? 0) * 1_000_000_000n + BigInt((unix[2] ?? '').padEnd(9, '0') || 0);
  const durationNs = parseGoDurationNs(text);
  if (durationNs !== undefined) return nowNs - durationNs;
  const ms = Date.parse(text);
  if (Number.isNaN(ms))
    throw new EngineError(
      'invalid-argument',
      `failed to parse value as time or duration: "${text}"`,
    );
  return BigInt(ms) * 1_000_000n + fractionBelowMs(text);
}

/** `1h30m`, `1.5s`; undefined when the text is no duration. Source: Go `time.ParseDuration`. */
export function parseGoDurationNs(text: string): bigint | undefined {
  if (!/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  let totalNs = 0n;
  for (const [, whole = '0', fraction = '', unit = 's'] of text.matchAll(
    /(\d+)(?:\.(\d+))?(ns|us|µs|ms|s|m|h)/g,
  )) {
    const unitNs = DURATION_UNIT_NS[unit] ?? 1n;
    totalNs += BigInt(whole) * unitNs;
    if (fraction !== '') totalNs += (BigInt(fraction) * unitNs) / 10n ** BigInt(fraction.length);
  }
  return totalNs;
}

/** Digits four to nine of a fraction, which Date drops. */
function fractionBelowMs(text: string): bigint {
  const digits = /\.(\d+)/.exec(text)?.[1] ?? '';
  return BigInt(digits.padEnd(9, '0').slice(3, 9) || 0);
}
