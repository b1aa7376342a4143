/** errno → EngineError, in one place. Nothing else in the engine reads an errno number. */
import { constants } from 'node:os';
import { EngineError, type ErrorCode } from '../contract/errors.ts';

const NAMES = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

const CODES: Partial<Record<string, ErrorCode>> = {
  ENOENT: 'not-found',
  ESRCH: 'not-found',
  EEXIST: 'conflict',
  EBUSY: 'conflict',
  EACCES: 'forbidden',
  EPERM: 'forbidden',
  EROFS: 'forbidden',
  EINVAL: 'invalid-argument',
  ENOSPC: 'out-of-space',
  EDQUOT: 'out-of-space',
};

/** Texts that people and clients look for. Source: strerror(3). */
const TEXTS: Partial<Record<string, string>> = {
  ENOSPC: 'no space left on device',
  EDQUOT: 'disk quota exceeded',
};

/** The engine's code for an errno by name. */
export function codeOfErrno(errno: string): ErrorCode {
  return CODES[errno] ?? 'internal';
}

/** A failed system call: the call, its subject, and the errno's name (`ENOENT`), for callers that branch on it. */
export class SystemCallError extends EngineError {
  readonly errno: string;

  constructor(call: string, subject: string, errno: string) {
    super(codeOfErrno(errno), `${call} ${subject}: ${TEXTS[errno] ?? errno}`);
    this.name = 'SystemCallError';
    this.errno = errno;
  }
}

/** `2` → `ENOENT`; an unknown number keeps its digits. */
export function errnoName(number: number): string {
  return NAMES.get(number) ?? `errno ${number}`;
}

/** The errno's name of an error thrown by Node or by `host/`, or undefined. */
export function errnoOf(error: unknown): string | undefined {
  if (error instanceof SystemCallError) return error.errno;
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
