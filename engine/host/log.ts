/** The engine's own log: one line an entry on stderr, which whoever starts the engine keeps. */
import { formatTime, systemClock } from './clock.ts';

const LEVELS = ['debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof LEVELS)[number];

export class Log {
  private readonly threshold: number;

  constructor(level: LogLevel) {
    this.threshold = LEVELS.indexOf(level);
  }

  debug(message: string): void {
    this.write('debug', message);
  }

  info(message: string): void {
    this.write('info', message);
  }

  warn(message: string): void {
    this.write('warn', message);
  }

  /** With the cause's stack, since an error here is the engine's own. */
  error(message: string, cause?: unknown): void {
    this.write('error', cause === undefined ? message : `${message}: ${describe(cause)}`);
  }

  private write(level: LogLevel, message: string): void {
    if (LEVELS.indexOf(level) < this.threshold) return;
    process.stderr.write(`${formatTime(systemClock.nowNs())} ${level.padEnd(5)} ${message}\n`);
  }
}

function describe(cause: unknown): string {
  if (cause instanceof AggregateError)
    return [cause.message, ...cause.errors.map(describe)].join('\n  ');
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
