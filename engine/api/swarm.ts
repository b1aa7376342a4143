/** Routes of a swarm, on a node that is in none. Source: moby `daemon/cluster/{cluster,errors}.go`. */
import { EngineError } from '../contract/errors.ts';
import { SWARM_ROUTES } from '../contract/swarm.ts';
import type { Handlers } from './handler.ts';

type Routes = typeof SWARM_ROUTES;

export function swarmHandlers(): Handlers<Routes> {
  const names = Object.keys(SWARM_ROUTES) as (keyof Routes)[];
  const forManagers = Object.fromEntries(names.map((name) => [name, refuseManager]));
  return {
    ...(forManagers as Record<keyof Routes, typeof refuseManager>),
    swarmInit: refuseSwarm,
    swarmJoin: refuseSwarm,
    swarmLeave: () => {
      throw new EngineError('unavailable', 'This node is not part of a swarm');
    },
  };
}

function refuseManager(): never {
  throw new EngineError(
    'unavailable',
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
  );
}

function refuseSwarm(): never {
  throw new EngineError(
    'not-implemented',
    'swarms are not supported: this engine runs the containers of one machine only',
  );
}
