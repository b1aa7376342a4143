/**
 * Swarm, of which this engine is never part: the routes exist to say so, in the words that clients
 * expect of a node outside one. Pure.
 * Source: Docker Engine API v1.50, tags Swarm, Node, Service, Task, Secret, Config.
 */
import { route, type Method } from './route.ts';

const never = (method: Method, path: string) =>
  route({ method, path, summary: 'This engine is never part of a swarm: always an error' });

export const SWARM_ROUTES = {
  swarmInspect: never('GET', '/swarm'),
  swarmInit: never('POST', '/swarm/init'),
  swarmJoin: never('POST', '/swarm/join'),
  swarmLeave: never('POST', '/swarm/leave'),
  swarmUpdate: never('POST', '/swarm/update'),
  swarmUnlockKey: never('GET', '/swarm/unlockkey'),
  swarmUnlock: never('POST', '/swarm/unlock'),
  nodeList: never('GET', '/nodes'),
  nodeInspect: never('GET', '/nodes/{id}'),
  nodeDelete: never('DELETE', '/nodes/{id}'),
  nodeUpdate: never('POST', '/nodes/{id}/update'),
  serviceList: never('GET', '/services'),
  serviceCreate: never('POST', '/services/create'),
  serviceInspect: never('GET', '/services/{id}'),
  serviceDelete: never('DELETE', '/services/{id}'),
  serviceUpdate: never('POST', '/services/{id}/update'),
  serviceLogs: never('GET', '/services/{id}/logs'),
  taskList: never('GET', '/tasks'),
  taskInspect: never('GET', '/tasks/{id}'),
  taskLogs: never('GET', '/tasks/{id}/logs'),
  secretList: never('GET', '/secrets'),
  secretCreate: never('POST', '/secrets/create'),
  secretInspect: never('GET', '/secrets/{id}'),
  secretDelete: never('DELETE', '/secrets/{id}'),
  secretUpdate: never('POST', '/secrets/{id}/update'),
  configList: never('GET', '/configs'),
  configCreate: never('POST', '/configs/create'),
  configInspect: never('GET', '/configs/{id}'),
  configDelete: never('DELETE', '/configs/{id}'),
  configUpdate: never('POST', '/configs/{id}/update'),
} as const;
