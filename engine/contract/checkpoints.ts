/**
 * Checkpoints, which this engine does not make: the routes exist to say so. Pure.
 * Source: docker CLI manual, "docker checkpoint" (an experimental feature of dockerd).
 */
import { route } from './route.ts';

const summary = 'Checkpoints are not supported: always 501';

export const CHECKPOINT_ROUTES = {
  checkpointList: route({ method: 'GET', path: '/containers/{id}/checkpoints', summary }),
  checkpointCreate: route({ method: 'POST', path: '/containers/{id}/checkpoints', summary }),
  checkpointDelete: route({
    method: 'DELETE',
    path: '/containers/{id}/checkpoints/{checkpoint}',
    summary,
  }),
} as const;
