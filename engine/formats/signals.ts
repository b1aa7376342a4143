/**
 * Linux signals by name and number, as `docker kill -s` and `STOPSIGNAL` write them: `SIGTERM`,
 * `term`, `15`, `SIGRTMIN+3`. Numbers are those of x86 and ARM. Pure. Source: signal(7).
 */
import { EngineError } from '../contract/errors.ts';

const NUMBERS: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  TRAP: 5,
  ABRT: 6,
  IOT: 6,
  BUS: 7,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  STKFLT: 16,
  CHLD: 17,
  CLD: 17,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  TTIN: 21,
  TTOU: 22,
  URG: 23,
  XCPU: 24,
  XFSZ: 25,
  VTALRM: 26,
  PROF: 27,
  WINCH: 28,
  IO: 29,
  POLL: 29,
  PWR: 30,
  SYS: 31,
  UNUSED: 31,
  RTMIN: 34,
  RTMAX: 64,
};

const HIGHEST = 64;

export const SIGTERM = 15;
export const SIGKILL = 9;

/** Throws `invalid-argument`, `invalid signal: x`, as dockerd does. */
export function parseSignal(text: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : named(text);
  if (number === undefined || number < 1 || number > HIGHEST)
    throw new EngineError('invalid-argument', `invalid signal: ${text}`);
  return number;
}

function named(text: string): number | undefined {
  const name = text.toUpperCase().replace(/^SIG/, '');
  const realTime = /^(RTMIN|RTMAX)([+-])(\d{1,2})$/.exec(name);
  if (realTime === null) return Object.hasOwn(NUMBERS, name) ? NUMBERS[name] : undefined;
  const base = NUMBERS[realTime[1] ?? ''] ?? 0;
  const number = base + Number(`${realTime[2]}${realTime[3]}`);
  return number >= (NUMBERS['RTMIN'] ?? 0) ? number : undefined;
}
