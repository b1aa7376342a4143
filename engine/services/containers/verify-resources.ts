/**
 * Checks of limits, at create and at update. What is wrong throws `invalid-argument` with Docker's
 * text; what this machine cannot do is taken out, with Docker's warning. Pure.
 * Source: moby `daemon/daemon_unix.go`, verifyPlatformContainerResources.
 */
import type { Resources } from '../../contract/containers.ts';
import { EngineError, messageOf } from '../../contract/errors.ts';
import { parseCpuList } from '../../formats/cpu-list.ts';
import { checkUlimit } from '../../formats/ulimits.ts';
import type { Cgroups } from '../../host/cgroups.ts';
import type { Machine } from '../../host/machine.ts';

/** What this machine has. */
export interface Facilities {
  readonly cgroups: Cgroups;
  readonly machine: Pick<Machine, 'cpuCount' | 'hasJournald'>;
}

export interface VerifiedResources {
  readonly resources: Partial<Resources>;
  readonly warnings: readonly string[];
}

const MINIMUM_MEMORY_BYTES = 6 * 1024 * 1024;

/** Returns the fields to be changed. An update says nothing of what it leaves at 0. */
export function verifyResources(
  asked: Resources,
  { cgroups, machine }: Facilities,
  options: { isUpdate?: boolean } = {},
): VerifiedResources {
  const draft = new Draft(asked);
  limitMemory(draft, cgroups, options.isUpdate ?? false);
  limitOom(draft, cgroups);
  limitCpuTime(draft, cgroups, machine.cpuCount);
  limitCpuSet(draft, cgroups);
  limitBlockIo(draft, cgroups);
  for (const limit of asked.Ulimits) checkUlimit(limit);
  return { resources: draft.changes, warnings: draft.warnings };
}

/** The limits as they will be, and what was said of them. */
class Draft {
  readonly changes: Partial<Resources> = {};
  readonly warnings: string[] = [];
  private readonly asked: Resources;

  constructor(asked: Resources) {
    this.asked = asked;
  }

  get now(): Resources {
    return { ...this.asked, ...this.changes };
  }

  change(changes: Partial<Resources>): void {
    Object.assign(this.changes, changes);
  }

  /** Takes out what the kernel cannot do. */
  discard(warning: string, changes: Partial<Resources>): void {
    this.warnings.push(warning);
    this.change(changes);
  }
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-argument', message);
}

const lacks = (what: string, end = 'Limitation discarded.') =>
  `Your kernel does not support ${what} or the cgroup is not mounted. ${end}`;

function limitMemory(draft: Draft, cgroups: Cgroups, isUpdate: boolean): void {
  const { Memory, MemorySwap } = draft.now;
  if (Memory !== 0 && Memory < MINIMUM_MEMORY_BYTES)
    throw invalid('Minimum memory limit allowed is 6MB');
  if (Memory > 0 && !cgroups.memoryLimit)
    draft.discard(lacks('memory limit capabilities'), { Memory: 0, MemorySwap: -1 });
  if (draft.now.Memory > 0 && draft.now.MemorySwap !== -1 && !cgroups.swapLimit)
    draft.discard(lacks('swap limit capabilities', 'Memory limited without swap.'), {
      MemorySwap: -1,
    });
  if (Memory > 0 && MemorySwap > 0 && MemorySwap < Memory)
    throw invalid('Minimum memoryswap limit should be larger than memory limit, see usage');
  if (Memory === 0 && MemorySwap > 0 && !isUpdate)
    throw invalid('You should always set the Memory limit when using Memoryswap limit, see usage');
  limitSwappiness(draft, cgroups);
  limitReservation(draft, cgroups);
  const { KernelMemory } = draft.now;
  if (KernelMemory !== undefined && KernelMemory > 0)
    // The kernel has none since 5.4, whatever the files say.
    draft.discard(lacks('kernel memory limit capabilities'), { KernelMemory: undefined });
}

function limitSwappiness(draft: Draft, cgroups: Cgroups): void {
  const { MemorySwappiness } = draft.now;
  // Clients of old send -1 for "as the system has it".
  if (MemorySwappiness === -1) draft.change({ MemorySwappiness: null });
  else if (MemorySwappiness !== null && !cgroups.memorySwappiness)
    draft.discard(lacks('memory swappiness capabilities', 'Memory swappiness discarded.'), {
      MemorySwappiness: null,
    });
  else if (MemorySwappiness !== null && (MemorySwappiness < 0 || MemorySwappiness > 100))
    throw invalid(`Invalid value: ${MemorySwappiness}, valid memory swappiness range is 0-100`);
}

function limitReservation(draft: Draft, cgroups: Cgroups): void {
  if (draft.now.MemoryReservation > 0 && !cgroups.memoryReservation)
    draft.discard(lacks('memory soft limit capabilities'), { MemoryReservation: 0 });
  const { Memory, MemoryReservation } = draft.now;
  if (MemoryReservation > 0 && MemoryReservation < MINIMUM_MEMORY_BYTES)
    throw invalid('Minimum memory reservation allowed is 6MB');
  if (Memory > 0 && MemoryReservation > Memory)
    throw invalid('Minimum memory limit can not be less than memory reservation limit, see usage');
}

function limitOom(draft: Draft, cgroups: Cgroups): void {
  const { OomKillDisable, Memory, PidsLimit } = draft.now;
  if (OomKillDisable !== null && !cgroups.oomKillDisable) {
    if (OomKillDisable)
      draft.warnings.push('Your kernel does not support OomKillDisable. OomKillDisable discarded.');
    draft.change({ OomKillDisable: null });
  } else if (OomKillDisable && Memory === 0)
    draft.warnings.push(
      'OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.',
    );
  if (PidsLimit !== null && !cgroups.pidsLimit) {
    if (PidsLimit > 0)
      draft.warnings.push(lacks('PIDs limit capabilities', 'PIDs limit discarded.'));
    draft.change({ PidsLimit: null });
  }
}

function limitCpuTime(draft: Draft, cgroups: Cgroups, cpuCount: number): void {
  const { NanoCpus, CpuPeriod, CpuQuota, CpuShares } = draft.now;
  if (NanoCpus > 0 && (CpuPeriod > 0 || CpuQuota > 0))
    throw invalid(
      `Conflicting options: Nano CPUs and CPU ${CpuPeriod > 0 ? 'Period' : 'Quota'} cannot both be set`,
    );
  if (NanoCpus > 0 && !cgroups.cpuQuota)
    throw invalid(
      'NanoCPUs can not be set, as your kernel does not support CPU CFS scheduler or the cgroup is not mounted',
    );
  if (NanoCpus < 0 || NanoCpus > cpuCount * 1e9)
    throw invalid(
      `range of CPUs is from 0.01 to ${cpuCount}.00, as there are only ${cpuCount} CPUs available`,
    );
  if (CpuShares < 0)
    throw invalid(`invalid CPU shares (${CpuShares}): value must be a positive integer`);
  if (CpuShares > 0 && !cgroups.cpuShares)
    draft.discard(lacks('CPU shares', 'Shares discarded.'), { CpuShares: 0 });
  if ((CpuPeriod !== 0 || CpuQuota !== 0) && !cgroups.cpuQuota)
    draft.discard('Your kernel does not support CPU CFS scheduler. CPU period/quota discarded.', {
      CpuPeriod: 0,
      CpuQuota: 0,
    });
  if (CpuPeriod !== 0 && (CpuPeriod < 1000 || CpuPeriod > 1_000_000))
    throw invalid(
      'CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)',
    );
  if (CpuQuota > 0 && CpuQuota < 1000)
    throw invalid('CPU cfs quota can not be less than 1ms (i.e. 1000)');
  limitRealtime(draft.now, cgroups);
  if (draft.now.CpuPercent > 0)
    draft.discard('linux does not support CPU percent. Percent discarded.', { CpuPercent: 0 });
}

function limitRealtime(
  { CpuRealtimePeriod: period, CpuRealtimeRuntime: runtime }: Resources,
  cgroups: Cgroups,
): void {
  if ((period !== 0 || runtime !== 0) && !cgroups.cpuRealtime)
    throw invalid('kernel does not support CPU real-time scheduler');
  if (period !== 0 && runtime > period)
    throw invalid('cpu real-time runtime cannot be higher than cpu real-time period');
}

function limitCpuSet(draft: Draft, cgroups: Cgroups): void {
  if ((draft.now.CpusetCpus !== '' || draft.now.CpusetMems !== '') && !cgroups.cpuset)
    draft.discard(lacks('cpuset', 'Cpuset discarded.'), { CpusetCpus: '', CpusetMems: '' });
  const { CpusetCpus, CpusetMems } = draft.now;
  if (!isSubset('cpus', CpusetCpus, cgroups.cpus))
    throw invalid(
      `Requested CPUs are not available - requested ${CpusetCpus}, available: ${cgroups.cpus}`,
    );
  if (!isSubset('mems', CpusetMems, cgroups.mems))
    throw invalid(
      `Requested memory nodes are not available - requested ${CpusetMems}, available: ${cgroups.mems}`,
    );
}

function isSubset(kind: string, asked: string, available: string): boolean {
  try {
    const wanted = parseCpuList(asked);
    const there = parseCpuList(available);
    return available === '' || [...wanted].every((number) => there.has(number));
  } catch (error) {
    throw new EngineError(
      'invalid-argument',
      `Invalid value ${asked} for cpuset ${kind}: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

function limitBlockIo(draft: Draft, cgroups: Cgroups): void {
  const { now } = draft;
  if (now.BlkioWeight > 0 && !cgroups.blkioWeight)
    draft.discard(lacks('Block I/O weight', 'Weight discarded.'), { BlkioWeight: 0 });
  else if (now.BlkioWeight !== 0 && (now.BlkioWeight < 10 || now.BlkioWeight > 1000))
    throw invalid('Range of blkio weight is from 10 to 1000');
  if (now.IOMaximumBandwidth !== 0)
    throw invalid('invalid option: QoS maximum bandwidth configuration is not supported on linux');
  if (now.IOMaximumIOps !== 0)
    throw invalid('invalid option: QoS maximum IOPs configuration is not supported on linux');
  if (now.BlkioWeightDevice.length > 0 && !cgroups.blkioWeightDevice)
    draft.discard(lacks('Block I/O weight_device', 'Weight-device discarded.'), {
      BlkioWeightDevice: [],
    });
  if (cgroups.blkioThrottle) return;
  const throttles = [
    ['BlkioDeviceReadBps', 'BPS Block I/O read limit', 'Block I/O BPS read limit discarded.'],
    ['BlkioDeviceWriteBps', 'BPS Block I/O write limit', 'Block I/O BPS write limit discarded.'],
    ['BlkioDeviceReadIOps', 'IOPS Block read limit', 'Block I/O IOPS read limit discarded.'],
    ['BlkioDeviceWriteIOps', 'IOPS Block write limit', 'Block I/O IOPS write limit discarded.'],
  ] as const;
  for (const [field, what, end] of throttles)
    if (now[field].length > 0) draft.discard(lacks(what, end), { [field]: [] });
}
