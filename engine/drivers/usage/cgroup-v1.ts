/**
 * Counters of control groups v1, one directory for each controller.
 * Sources: Documentation/admin-guide/cgroup-v1/{memory,cpuacct,pids,blkio-controller}.rst; which of
 * them are told, and under which names: moby `daemon/stats_unix.go`, statsV1.
 */
import {
  NS_PER_TICK,
  parseBlkioCounts,
  parseCount,
  parseCountList,
  parseNamedCounts,
} from '../../formats/usage-files.ts';
import type { MemoryUsage, ProcessorUsage, Usage } from '../usage.ts';
import { readSmallFile } from './small-files.ts';

const OWN_DETAILS = [
  ...['active_anon', 'active_file', 'cache', 'dirty', 'inactive_anon', 'inactive_file'],
  ...['mapped_file', 'pgfault', 'pgmajfault', 'pgpgin', 'pgpgout', 'rss', 'rss_huge'],
  ...['unevictable', 'writeback'],
];
const DETAILS = [
  ...OWN_DETAILS,
  ...OWN_DETAILS.map((name) => `total_${name}`),
  ...['hierarchical_memory_limit', 'hierarchical_memsw_limit'],
];

/** `directoryOf` gives a controller's directory for the container, undefined where it is not mounted. */
export function readV1(
  directoryOf: (controller: string) => string | undefined,
): Omit<Usage, 'interfaces'> | undefined {
  const blkio = directoryOf('blkio');
  const counts = (name: string) => {
    const text = readIn(blkio, `blkio.throttle.${name}_recursive`);
    return text === undefined ? undefined : parseBlkioCounts(text);
  };
  const processor = readProcessor(directoryOf);
  const memory = readMemory(directoryOf('memory'));
  if (processor === undefined && memory === undefined) return undefined;
  return {
    processor,
    memory,
    pids: readPids(directoryOf('pids')),
    ioBytes: counts('io_service_bytes'),
    ioOperations: counts('io_serviced'),
  };
}

function readProcessor(
  directoryOf: (controller: string) => string | undefined,
): ProcessorUsage | undefined {
  const accounts = directoryOf('cpuacct');
  const totalNs = parseCount(readIn(accounts, 'cpuacct.usage') ?? '');
  if (totalNs === undefined) return undefined;
  const ticks = parseNamedCounts(readIn(accounts, 'cpuacct.stat') ?? '');
  const throttling = parseNamedCounts(readIn(directoryOf('cpu'), 'cpu.stat') ?? '');
  return {
    totalNs,
    userNs: (ticks['user'] ?? 0) * NS_PER_TICK,
    kernelNs: (ticks['system'] ?? 0) * NS_PER_TICK,
    perCpuNs: parseCountList(readIn(accounts, 'cpuacct.usage_percpu') ?? ''),
    periods: throttling['nr_periods'] ?? 0,
    throttledPeriods: throttling['nr_throttled'] ?? 0,
    throttledNs: throttling['throttled_time'] ?? 0,
  };
}

function readMemory(directory: string | undefined): MemoryUsage | undefined {
  const usedBytes = parseCount(readIn(directory, 'memory.usage_in_bytes') ?? '');
  if (usedBytes === undefined) return undefined;
  const all = parseNamedCounts(readIn(directory, 'memory.stat') ?? '');
  return {
    usedBytes,
    mostBytes: parseCount(readIn(directory, 'memory.max_usage_in_bytes') ?? ''),
    failures: parseCount(readIn(directory, 'memory.failcnt') ?? '') ?? 0,
    // Without a limit this is a number near 2^63, which no machine's memory reaches.
    limitBytes: parseCount(readIn(directory, 'memory.limit_in_bytes') ?? ''),
    details: Object.fromEntries(DETAILS.map((name) => [name, all[name] ?? 0])),
  };
}

function readPids(directory: string | undefined): Usage['pids'] {
  const current = parseCount(readIn(directory, 'pids.current') ?? '');
  if (current === undefined) return undefined;
  return { current, limit: parseCount(readIn(directory, 'pids.max') ?? '') };
}

function readIn(directory: string | undefined, name: string): string | undefined {
  return directory === undefined ? undefined : readSmallFile(`${directory}/${name}`);
}
