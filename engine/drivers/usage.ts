/** What containers and the machine use, as the kernel counts it. */
import type { DeviceCount, InterfaceCounts } from '../formats/usage-files.ts';

/** Where a container's counters are. */
export interface UsagePlace {
  /** Its cgroup, from the root of the hierarchies. */
  readonly cgroupsPath: string;
  /** A process of it: its network is the container's. */
  readonly pid: number;
}

export interface ProcessorUsage {
  readonly totalNs: number;
  readonly userNs: number;
  readonly kernelNs: number;
  /** v1 alone. */
  readonly perCpuNs?: readonly number[];
  readonly periods: number;
  readonly throttledPeriods: number;
  readonly throttledNs: number;
}

export interface MemoryUsage {
  readonly usedBytes: number;
  /** v1 alone. */
  readonly mostBytes?: number | undefined;
  /** How often the limit was hit. */
  readonly failures: number;
  /** Undefined without a limit. */
  readonly limitBytes: number | undefined;
  /** Of `memory.stat`, by the kernel's names. */
  readonly details: Readonly<Record<string, number>>;
}

/** A part is undefined where the machine does not count it. */
export interface Usage {
  readonly processor: ProcessorUsage | undefined;
  readonly memory: MemoryUsage | undefined;
  readonly pids: { readonly current: number; readonly limit: number | undefined } | undefined;
  readonly ioBytes: readonly DeviceCount[] | undefined;
  /** v1 alone. */
  readonly ioOperations: readonly DeviceCount[] | undefined;
  /** Every interface of its network namespace, loopback included. */
  readonly interfaces: ReadonlyMap<string, InterfaceCounts>;
}

/** Of all processors together, idle time included. */
export interface ProcessorTime {
  readonly totalNs: number;
  readonly onlineCpus: number;
}

/** Reading keeps nothing open and takes some 0.1 ms for a container. */
export interface UsageReader {
  /** A few milliseconds old at most. */
  processorTime(): ProcessorTime;
  /** Undefined when the container's cgroup is gone. */
  usageOf(place: UsagePlace): Usage | undefined;
}
