/** Checkpoint routes: what they say is why they do nothing. */
import type { CHECKPOINT_ROUTES } from '../contract/checkpoints.ts';
import { EngineError } from '../contract/errors.ts';
import type { Handlers } from './handler.ts';

export function checkpointHandlers(): Handlers<typeof CHECKPOINT_ROUTES> {
  return {
    checkpointList: refuseCheckpoints,
    checkpointCreate: refuseCheckpoints,
    checkpointDelete: refuseCheckpoints,
  };
}

export function refuseCheckpoints(): never {
  throw new EngineError(
    'not-implemented',
    'checkpoints are not supported: this engine can neither save the state of a running container nor restore it',
  );
}
