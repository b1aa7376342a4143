/** Failures as the window is told them. */
import * as z from 'zod';
import { EngineError, messageOf } from '../../engine/contract/errors.ts';
import { EngineGoneError } from '../client/engine-connection.ts';
import type { BridgeError } from '../ipc/contract.ts';

export function toBridgeError(error: unknown): BridgeError {
  if (error instanceof EngineError) return { code: error.code, message: error.message };
  if (error instanceof EngineGoneError) return { code: 'engine-gone', message: error.message };
  if (error instanceof z.ZodError)
    return { code: 'invalid-argument', message: z.prettifyError(error) };
  return { code: 'internal', message: messageOf(error) };
}
