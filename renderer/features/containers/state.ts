/**
 * How a container stands, in the words the window has for it: one state for dot, text and the
 * actions that make sense. Pure.
 */
import type { WatchedContainer } from '../../../electron/ipc/contract.ts';
import type { MessageKey } from '../../messages/translate.ts';
import type { ContainerVerb, PendingAction } from './store.ts';

export type Tone = 'run' | 'warn' | 'bad' | 'idle' | 'busy';

export interface ContainerPort {
  readonly hostAddress: string;
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: string;
}

/** The project a container belongs to when Compose made it. */
export const PROJECT_LABEL = 'com.docker.compose.project';

export function nameOf(container: WatchedContainer): string {
  return container.Names[0]?.replace(/^\//, '') ?? shortId(container.Id);
}

export function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12);
}

export function projectOf(container: WatchedContainer): string | null {
  return container.Labels[PROJECT_LABEL] || null;
}

/** True while its main process lives, paused or not. */
export function isAlive(container: WatchedContainer): boolean {
  return ['running', 'paused', 'restarting'].includes(container.State);
}

export function isUnhealthy(container: WatchedContainer): boolean {
  return container.State === 'running' && container.Health === 'unhealthy';
}

export function toneOf(container: WatchedContainer, pending?: PendingAction): Tone {
  if (pending) return 'busy';
  switch (container.State) {
    case 'running':
      if (container.Health === 'unhealthy') return 'bad';
      return container.Health === 'starting' ? 'warn' : 'run';
    case 'paused':
      return 'warn';
    case 'restarting':
    case 'removing':
      return 'busy';
    case 'dead':
      return 'bad';
    default:
      return 'idle';
  }
}

const PENDING_TEXT = {
  start: 'state.starting',
  stop: 'state.stopping',
  restart: 'state.restarting',
  kill: 'state.stopping',
  pause: 'state.pausing',
  unpause: 'state.resuming',
  remove: 'state.removing',
} as const satisfies Record<ContainerVerb, MessageKey>;

const STATE_TEXT = {
  created: 'state.created',
  running: 'state.running',
  paused: 'state.paused',
  restarting: 'state.restarting',
  removing: 'state.removing',
  exited: 'state.exited',
  dead: 'state.dead',
} as const satisfies Record<WatchedContainer['State'], MessageKey>;

export function stateTextKey(container: WatchedContainer, pending?: PendingAction): MessageKey {
  if (pending) return PENDING_TEXT[pending.verb];
  if (isUnhealthy(container)) return 'state.unhealthy';
  return STATE_TEXT[container.State];
}

/** Published ports, each once: the engine lists IPv4 and IPv6 apart. */
export function publishedPorts(container: WatchedContainer): ContainerPort[] {
  const seen = new Map<string, ContainerPort>();
  for (const port of container.Ports) {
    if (!port.PublicPort) continue;
    const key = `${port.PublicPort}/${port.PrivatePort}/${port.Type}`;
    if (seen.has(key)) continue;
    seen.set(key, {
      hostAddress: port.IP ?? '',
      hostPort: port.PublicPort,
      containerPort: port.PrivatePort,
      protocol: port.Type,
    });
  }
  return [...seen.values()].toSorted((a, b) => a.hostPort - b.hostPort);
}

/** Where a browser finds a published TCP port; UDP has no page to open. */
export function addressOf(port: ContainerPort): string | null {
  if (port.protocol !== 'tcp') return null;
  const everywhere = ['', '0.0.0.0', '::', '127.0.0.1', '::1'].includes(port.hostAddress);
  const host = everywhere ? 'localhost' : port.hostAddress;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port.hostPort}`;
}

export function can(verb: ContainerVerb, container: WatchedContainer): boolean {
  const { State: state } = container;
  switch (verb) {
    case 'start':
      return state === 'created' || state === 'exited';
    case 'stop':
    case 'restart':
      return state === 'running' || state === 'paused' || state === 'restarting';
    case 'kill':
    case 'pause':
      return state === 'running';
    case 'unpause':
      return state === 'paused';
    case 'remove':
      return state !== 'removing';
  }
}
