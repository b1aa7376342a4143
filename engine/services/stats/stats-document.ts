/** A sample in the API's shape. Pure. Source: moby `daemon/stats_unix.go`. */
import type { ContainerStats, ProcessorStats } from '../../contract/stats.ts';
import type { ProcessorTime, Usage } from '../../drivers/usage.ts';
import type { DeviceCount, InterfaceCounts } from '../../formats/usage-files.ts';
import { formatTime } from '../../host/clock.ts';

/** A container at one moment. */
export interface Sample {
  readonly readAtNs: bigint;
  /** Undefined when it does not run. */
  readonly usage: Usage | undefined;
  readonly machine: ProcessorTime;
}

export interface Subject {
  readonly id: string;
  readonly name: string;
  /** Its interfaces are its own and not the host's. */
  readonly hasOwnNetwork: boolean;
}

/** Go's zero time. */
const NEVER = '0001-01-01T00:00:00Z';

const NO_PROCESSOR: ProcessorStats = {
  cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 },
  throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
};

/** `before` is what the processor's share is reckoned from; undefined leaves that at zero. */
export function statsDocument(
  { id, name, hasOwnNetwork }: Subject,
  sample: Sample | undefined,
  before: Sample | undefined,
  machineMemoryBytes: number,
): ContainerStats {
  const usage = sample?.usage;
  const networks = hasOwnNetwork && usage ? networksOf(usage.interfaces) : undefined;
  return {
    name: `/${name}`,
    id,
    read: timeOf(sample),
    preread: timeOf(before),
    pids_stats: {
      ...(usage?.pids && { current: usage.pids.current }),
      ...(usage?.pids?.limit !== undefined && { limit: usage.pids.limit }),
    },
    blkio_stats: blkioOf(usage),
    num_procs: 0,
    storage_stats: {},
    cpu_stats: processorOf(sample),
    precpu_stats: processorOf(before),
    memory_stats: usage?.memory ? memoryOf(usage.memory, machineMemoryBytes) : {},
    ...(networks && { networks }),
  };
}

function timeOf(sample: Sample | undefined): string {
  return sample?.usage === undefined ? NEVER : formatTime(sample.readAtNs);
}

function processorOf(sample: Sample | undefined): ProcessorStats {
  const processor = sample?.usage?.processor;
  if (sample === undefined || processor === undefined) return NO_PROCESSOR;
  return {
    cpu_usage: {
      total_usage: processor.totalNs,
      ...(processor.perCpuNs && { percpu_usage: [...processor.perCpuNs] }),
      usage_in_kernelmode: processor.kernelNs,
      usage_in_usermode: processor.userNs,
    },
    system_cpu_usage: sample.machine.totalNs,
    online_cpus: sample.machine.onlineCpus,
    throttling_data: {
      periods: processor.periods,
      throttled_periods: processor.throttledPeriods,
      throttled_time: processor.throttledNs,
    },
  };
}

function memoryOf(
  memory: NonNullable<Usage['memory']>,
  machineMemoryBytes: number,
): ContainerStats['memory_stats'] {
  return {
    usage: memory.usedBytes,
    ...(memory.mostBytes !== undefined && { max_usage: memory.mostBytes }),
    stats: { ...memory.details },
    ...(memory.failures > 0 && { failcnt: memory.failures }),
    limit: Math.min(memory.limitBytes ?? Infinity, machineMemoryBytes),
  };
}

/** What v1 has no counter for (the queues of a scheduler that is gone) is empty there, null on v2. */
function blkioOf(usage: Usage | undefined): ContainerStats['blkio_stats'] {
  const uncounted = usage?.ioOperations === undefined ? null : [];
  return {
    io_service_bytes_recursive: entriesOf(usage?.ioBytes),
    io_serviced_recursive: entriesOf(usage?.ioOperations),
    io_queue_recursive: uncounted,
    io_service_time_recursive: uncounted,
    io_wait_time_recursive: uncounted,
    io_merged_recursive: uncounted,
    io_time_recursive: uncounted,
    sectors_recursive: uncounted,
  };
}

function entriesOf(
  counts: readonly DeviceCount[] | undefined,
): ContainerStats['blkio_stats']['io_service_bytes_recursive'] {
  if (counts === undefined) return null;
  return counts.map(({ major, minor, operation, value }) => ({
    major,
    minor,
    op: operation,
    value,
  }));
}

/** Loopback, and what the container itself made (a tunnel carries the same bytes twice), do not count. */
function networksOf(
  interfaces: ReadonlyMap<string, InterfaceCounts>,
): ContainerStats['networks'] | undefined {
  const counted = [...interfaces].filter(([name]) => /^eth\d+$/.test(name));
  if (counted.length === 0) return undefined;
  return Object.fromEntries(
    counted.map(([name, counts]) => [
      name,
      {
        rx_bytes: counts.receivedBytes,
        rx_packets: counts.receivedPackets,
        rx_errors: counts.receiveErrors,
        rx_dropped: counts.receiveDrops,
        tx_bytes: counts.sentBytes,
        tx_packets: counts.sentPackets,
        tx_errors: counts.sendErrors,
        tx_dropped: counts.sendDrops,
      },
    ]),
  );
}
