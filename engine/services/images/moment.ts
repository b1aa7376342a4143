/**
 * Points in time as `until=` filters name them: seconds since the epoch, RFC 3339 and its shorter
 * forms, or a duration back from now (`10m`, `1h30m`). Pure.
 * Source: moby `api/types/time.GetTimestamp`.
 */
import { EngineError } from '../../contract/errors.ts';

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds since the epoch; throws `invalid-argument`. */
export function parseMoment(text: string, nowMs: number): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) {
    let ms = 0;
    for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g))
      ms += Number(number) * (UNIT_MS[unit as string] as number);
    return nowMs - ms;
  }
  const parsed = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(parsed))
    throw new EngineError(
      'invalid-argument',
      `failed to parse value as time or duration: "${text}"`,
    );
  return parsed;
}
