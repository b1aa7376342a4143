/**
 * What a container's limits and restart policy are after an update. Pure.
 * Source: moby `container/container_unix.go`, UpdateContainer.
 */
import type { HostConfig, Resources, UpdateBody } from '../../contract/containers.ts';
import { EngineError } from '../../contract/errors.ts';

/** In an update 0 and the empty text mean "as it is". */
const CHANGEABLE = [
  'BlkioWeight',
  'CpuShares',
  'NanoCpus',
  'CpuPeriod',
  'CpuQuota',
  'CpuRealtimePeriod',
  'CpuRealtimeRuntime',
  'CpusetCpus',
  'CpusetMems',
  'Memory',
  'MemorySwap',
  'MemoryReservation',
] as const satisfies readonly (keyof Resources)[];

/** Throws `conflict` for changes that contradict what stays. */
export function planUpdate(current: HostConfig, request: UpdateBody): HostConfig {
  const changes = Object.fromEntries(
    CHANGEABLE.filter((name) => request[name]).map((name) => [name, request[name]]),
  ) as Partial<Resources>;
  refuseContradictions(current, changes);
  const { PidsLimit, RestartPolicy } = request;
  if (RestartPolicy?.Name && current.AutoRemove && RestartPolicy.Name !== 'no')
    throw conflict(
      'Restart policy cannot be updated because AutoRemove is enabled for the container',
    );
  return {
    ...current,
    ...changes,
    // Here 0 says something: no limit, as any negative number does.
    ...(PidsLimit !== null && PidsLimit !== undefined && { PidsLimit: Math.max(0, PidsLimit) }),
    ...(RestartPolicy?.Name && { RestartPolicy }),
  };
}

function refuseContradictions(current: HostConfig, changes: Partial<Resources>): void {
  const { Memory = 0, MemorySwap = 0, NanoCpus = 0, CpuPeriod = 0, CpuQuota = 0 } = changes;
  if (NanoCpus > 0 && current.CpuPeriod > 0)
    throw conflict(
      'Conflicting options: Nano CPUs cannot be updated as CPU Period has already been set',
    );
  if (NanoCpus > 0 && current.CpuQuota > 0)
    throw conflict(
      'Conflicting options: Nano CPUs cannot be updated as CPU Quota has already been set',
    );
  if (CpuPeriod > 0 && current.NanoCpus > 0)
    throw conflict(
      'Conflicting options: CPU Period cannot be updated as NanoCPUs has already been set',
    );
  if (CpuQuota > 0 && current.NanoCpus > 0)
    throw conflict(
      'Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set',
    );
  if (Memory > current.MemorySwap && current.MemorySwap !== -1 && MemorySwap === 0)
    throw conflict(
      'Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time',
    );
}

function conflict(message: string): EngineError {
  return new EngineError('conflict', message);
}
