/**
 * Log drivers and their options, as `--log-driver` and `--log-opt` give them. Whatever the driver is
 * called, the log is stored in one way; the options that mean something there are size and count of
 * the rotated files. Pure.
 * Source: Docker manual, "JSON File logging driver"; moby `daemon/logger/jsonfilelog`.
 */
import { EngineError } from '../contract/errors.ts';

export interface LogOptions {
  /** False for `none`: nothing is stored and nothing can be read. */
  readonly isStored: boolean;
  /** A file is rotated once it is larger; Infinity never. */
  readonly maxBytes: number;
  /** Files kept, the current one included; ≥ 1. */
  readonly maxFiles: number;
}

const DEFAULT_MAX_BYTES = 100_000_000;
const DEFAULT_MAX_FILES = 10;

const STORED_DRIVERS = new Set(['', 'json-file', 'local', 'default']);
const OPTION_NAMES = new Set([
  'max-size',
  'max-file',
  'compress',
  'labels',
  'labels-regex',
  'env',
  'env-regex',
  'tag',
  'mode',
  'max-buffer-size',
]);

/**
 * Throws `invalid-argument` with Docker's texts for an unknown driver or option. Options that change
 * nothing here (`compress`, `mode`, `tag`) are accepted, since what they ask for loses nothing.
 */
export function parseLogOptions(
  driver: string,
  options: Readonly<Record<string, string>>,
): LogOptions {
  if (driver === 'none') return { isStored: false, maxBytes: Infinity, maxFiles: 1 };
  if (!STORED_DRIVERS.has(driver)) {
    throw new EngineError(
      'invalid-argument',
      `logger: no log driver named '${driver}' is registered`,
    );
  }
  for (const name of Object.keys(options)) {
    if (!OPTION_NAMES.has(name)) {
      throw new EngineError(
        'invalid-argument',
        `unknown log opt '${name}' for ${driver || 'json-file'} log driver`,
      );
    }
  }
  return {
    isStored: true,
    maxBytes: parseMaxBytes(options['max-size']),
    maxFiles: parseMaxFiles(options['max-file']),
  };
}

const UNIT_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  p: 1e15,
};

/** Decimal units, as Docker reads `10m` here. Source: go-units `FromHumanSize`. */
function parseMaxBytes(text: string | undefined): number {
  if (text === undefined) return DEFAULT_MAX_BYTES;
  if (text === '-1') return Infinity;
  const match = /^(\d+(?:\.\d+)?) ?([kmgtp]?)b?$/i.exec(text.trim());
  const bytes = Number(match?.[1]) * (UNIT_BYTES[(match?.[2] ?? '').toLowerCase()] ?? NaN);
  if (Number.isNaN(bytes)) throw new EngineError('invalid-argument', `invalid size: '${text}'`);
  if (bytes < 1) throw new EngineError('invalid-argument', 'max-size must be a positive number');
  return Math.floor(bytes);
}

function parseMaxFiles(text: string | undefined): number {
  if (text === undefined) return DEFAULT_MAX_FILES;
  if (!/^[+-]?\d+$/.test(text))
    throw new EngineError('invalid-argument', `strconv.Atoi: parsing "${text}": invalid syntax`);
  if (Number(text) < 1) throw new EngineError('invalid-argument', 'max-file cannot be less than 1');
  return Number(text);
}
