/**
 * Log drivers and their options, as `--log-driver` and `--log-opt` give them. `json-file` and `local`
 * are stored in one way; the options that mean something there are size and count of the rotated
 * files. `journald` is written by the monitor. Pure.
 * Sources: Docker manual, "JSON File logging driver", "Local file logging driver", "Journald logging
 * driver"; moby `daemon/logger/{factory.go,jsonfilelog,local,journald}`.
 */
import { EngineError } from '../contract/errors.ts';
import { parseDecimalBytes, parseBinaryBytes } from './byte-sizes.ts';
import { checkLogDetails } from './log-details.ts';

export interface LogOptions {
  /** False for `none` and `journald`: the engine has nothing to read. */
  readonly isStored: boolean;
  readonly isJournal: boolean;
  /** A file is rotated once it is larger; Infinity never. */
  readonly maxBytes: number;
  /** Files kept, the current one included; ≥ 1. */
  readonly maxFiles: number;
}

interface Driver {
  readonly options: readonly string[];
  readonly maxBytes: number;
  readonly maxFiles: number;
}

const METADATA = ['labels', 'labels-regex', 'env', 'env-regex', 'tag'];
const FILES = ['max-size', 'max-file', 'compress'];

/** Docker rotates json-file only when asked to; here no log fills the disk. */
const DRIVERS: Readonly<Record<string, Driver>> = {
  'json-file': { options: [...FILES, ...METADATA], maxBytes: 100_000_000, maxFiles: 10 },
  local: { options: FILES, maxBytes: 20_000_000, maxFiles: 5 },
  journald: { options: METADATA, maxBytes: Infinity, maxFiles: 1 },
};

/**
 * Throws `invalid-argument` with Docker's texts for an unknown driver or option. Options that change
 * nothing here (`compress`, `mode`) are accepted, since what they ask for loses nothing.
 */
export function parseLogOptions(
  name: string,
  options: Readonly<Record<string, string>>,
): LogOptions {
  const nothing = { isStored: false, isJournal: false, maxBytes: Infinity, maxFiles: 1 };
  if (name === 'none') return nothing;
  checkMode(options);
  const driverName = name || 'json-file';
  const driver = DRIVERS[driverName];
  if (driver === undefined)
    throw invalid(`error looking up logging plugin ${name}: plugin "${name}" not found`);
  for (const option of Object.keys(options))
    if (option !== 'mode' && option !== 'max-buffer-size' && !driver.options.includes(option))
      throw invalid(
        driverName === 'local'
          ? `unknown log opt '${option}' for log driver local`
          : `unknown log opt '${option}' for ${driverName} log driver`,
      );
  checkLogDetails(options);
  if (driverName === 'journald') return { ...nothing, isJournal: true };
  const limits = {
    maxBytes: parseMaxBytes(driverName, options['max-size']) ?? driver.maxBytes,
    maxFiles: parseMaxFiles(options['max-file']) ?? driver.maxFiles,
  };
  checkCompression(driverName, options, limits);
  return { isStored: true, isJournal: false, ...limits };
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-argument', message);
}

/** What dockerd finds out only when the container starts. */
function cannotInitialize(why: string): EngineError {
  return invalid(`failed to initialize logging driver: ${why}`);
}

/** Writing never waits for a reader here, so both modes are the same. */
function checkMode(options: Readonly<Record<string, string>>): void {
  const { mode = '', 'max-buffer-size': size } = options;
  if (!['', 'blocking', 'non-blocking'].includes(mode))
    throw invalid(`logger: logging mode not supported: ${mode}`);
  if (size === undefined) return;
  if (mode !== 'non-blocking')
    throw invalid("logger: max-buffer-size option is only supported with 'mode=non-blocking'");
  if (parseBinaryBytes(size) === undefined)
    throw invalid(`error parsing option max-buffer-size: invalid size: '${size}'`);
}

function parseMaxBytes(driver: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  // The manual names -1 as the default of json-file.
  if (text === '-1' && driver === 'json-file') return Infinity;
  const bytes = parseDecimalBytes(text);
  if (bytes === undefined)
    throw cannotInitialize(
      driver === 'local'
        ? `invalid value for max-size: ${text}: invalid size: '${text}'`
        : `invalid size: '${text}'`,
    );
  if (bytes < 1) throw cannotInitialize('max-size must be a positive number');
  return bytes;
}

function parseMaxFiles(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[+-]?\d+$/.test(text))
    throw cannotInitialize(`strconv.Atoi: parsing "${text}": invalid syntax`);
  if (Number(text) < 1) throw cannotInitialize('max-file cannot be less than 1');
  return Number(text);
}

function checkCompression(
  driver: string,
  options: Readonly<Record<string, string>>,
  { maxBytes, maxFiles }: { maxBytes: number; maxFiles: number },
): void {
  const { compress } = options;
  if (compress !== undefined && !/^(1|t|T|true|TRUE|True|0|f|F|false|FALSE|False)$/.test(compress))
    throw cannotInitialize(`strconv.ParseBool: parsing "${compress}": invalid syntax`);
  const isOn = compress === undefined ? driver === 'local' : /^[1tT]/.test(compress);
  if (!isOn) return;
  if (driver === 'local' && maxFiles <= 1)
    throw cannotInitialize('compression cannot be enabled when max file count is 1');
  if (driver === 'json-file' && (maxFiles < 2 || maxBytes === Infinity))
    throw cannotInitialize(
      'compress cannot be true when max-file is less than 2 or max-size is not set',
    );
}
