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
  ENOSPC: 'unavailable',
  EDQUOT: 'unavailable',
};

/** A failed system call: the call, its subject, and the errno's name (`ENOENT`), for callers that branch on it. */
export class SystemCallError extends EngineError {
  readonly errno: string;

  constructor(call: string, subject: string, errno: string) {
    super(CODES[errno] ?? 'internal', `${call} ${subject}: ${errno}`);
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
