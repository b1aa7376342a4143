/**
 * The states of a container and what may be done in each. The whole machine:
 *
 * ```
 * created ─start→ running ⇄ paused
 *                 running ─ends→ exited ─start→ running
 *                 running ─ends, policy→ restarting ─delay→ running
 * any ─remove→ removing → gone (dead: the removal failed)
 * ```
 * Pure. Texts are Docker's. Source: moby `container/state.go`, `daemon/{start,kill,pause,delete}.go`.
 */
import { EngineError } from '../../contract/errors.ts';
import type { ContainerState, ContainerStatus } from './container-record.ts';

/** Waiting to be started again counts as running, as in Docker. */
const RUNNING: readonly ContainerStatus[] = ['running', 'paused', 'restarting'];

export function isRunning({ status }: ContainerState): boolean {
  return RUNNING.includes(status);
}

/** True when there is a process. */
export function hasProcess({ status }: ContainerState): boolean {
  return status === 'running' || status === 'paused';
}

export function requireCanStart({ status }: ContainerState): void {
  if (status === 'paused')
    throw new EngineError('conflict', 'cannot start a paused container, try unpause instead');
  if (status === 'running' || status === 'restarting')
    throw new EngineError('not-modified', 'container already started');
  if (status === 'removing' || status === 'dead')
    throw new EngineError('conflict', 'container is marked for removal and cannot be started');
}

export function requireCanStop(state: ContainerState): void {
  if (!isRunning(state)) throw new EngineError('not-modified', 'container already stopped');
}

export function requireCanKill(state: ContainerState, id: string): void {
  if (!isRunning(state)) throw new EngineError('conflict', `container ${id} is not running`);
}

export function requireCanPause({ status }: ContainerState, id: string): void {
  if (status === 'paused') throw new EngineError('conflict', `container ${id} is already paused`);
  if (status === 'restarting')
    throw new EngineError(
      'conflict',
      `Container ${id} is restarting, wait until the container is running`,
    );
  if (status !== 'running') throw new EngineError('conflict', `Container ${id} is not running`);
}

export function requireCanUnpause({ status }: ContainerState, id: string): void {
  // Not a conflict, as one would think, but what dockerd answers with 500.
  if (status !== 'paused') throw new EngineError('internal', `Container ${id} is not paused`);
}

export function requireProcess(state: ContainerState, id: string): void {
  if (!hasProcess(state)) throw new EngineError('conflict', `container ${id} is not running`);
}

/** Attaching to what is paused or about to start again would hang. `name` as the client wrote it. */
export function requireCanAttach({ status }: ContainerState, name: string): void {
  if (status === 'paused')
    throw new EngineError(
      'conflict',
      `container ${name} is paused, unpause the container before attach`,
    );
  if (status === 'restarting')
    throw new EngineError(
      'conflict',
      `container ${name} is restarting, wait until the container is running`,
    );
}

export function requireCanRemove({ status }: ContainerState, name: string, force: boolean): void {
  if (status === 'removing')
    throw new EngineError('conflict', `removal of container ${name} is already in progress`);
  if (force) return;
  const refuse = (why: string) =>
    new EngineError('conflict', `cannot remove container "/${name}": ${why}`);
  if (status === 'paused') throw refuse('container is paused and must be unpaused first');
  if (status === 'running' || status === 'restarting')
    throw refuse(`container is ${status}: stop the container before removing or force remove`);
}
