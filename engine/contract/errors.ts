/**
 * The one error of the engine: a code from a closed list, a message a person can act on, and the
 * HTTP status that Docker's clients expect for the code. Pure.
 */

/** Every way a request can fail. errno values are mapped to these once, in `host/errno.ts`. */
export type ErrorCode =
  | 'invalid-argument'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'not-modified'
  | 'not-implemented'
  | 'unavailable'
  | 'cancelled'
  | 'internal'
  | 'out-of-space';

/** Source: Docker Engine API v1.50, "Errors"; 304 carries no body. */
export const HTTP_STATUS = {
  'invalid-argument': 400,
  unauthorized: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'not-modified': 304,
  'not-implemented': 501,
  unavailable: 503,
  cancelled: 499,
  internal: 500,
  'out-of-space': 500,
} as const satisfies Record<ErrorCode, number>;

/**
 * Thrown by every layer of the engine. `message` reaches the client as `{"message": …}`; where
 * Docker's clients match on a text ("No such container: x"), it is spelled as Docker spells it.
 */
export class EngineError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'EngineError';
    this.code = code;
  }
}

/** True when `error` is an EngineError with this code. */
export function hasCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof EngineError && error.code === code;
}

/** The text a person sees for any thrown value. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError)
    return [error.message, ...error.errors.map(messageOf)].join('; ');
  return error instanceof Error ? error.message : String(error);
}
