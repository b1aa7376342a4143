/**
 * Counters of control groups v2, all in one directory.
 * Sources: Documentation/admin-guide/cgroup-v2.rst; which of them are told: moby
 * `daemon/stats_unix.go`, statsV2.
 */
import { parseCount, parseIoStat, parseNamedCounts } from '../../formats/usage-files.ts';
import type { Usage } from '../usage.ts';
import { readSmallFile } from './small-files.ts';

const DETAILS = [
  ...['anon', 'file', 'kernel_stack', 'slab', 'sock', 'shmem', 'file_mapped', 'file_dirty'],
  ...['file_writeback', 'anon_thp', 'inactive_anon', 'active_anon', 'inactive_file'],
  ...['active_file', 'unevictable', 'slab_reclaimable', 'slab_unreclaimable', 'pgfault'],
  ...['pgmajfault', 'workingset_refault', 'workingset_activate', 'workingset_nodereclaim'],
  ...['pgrefill', 'pgscan', 'pgsteal', 'pgactivate', 'pgdeactivate', 'pglazyfree', 'pglazyfreed'],
  ...['thp_fault_alloc', 'thp_collapse_alloc'],
];

/** Undefined when the directory is gone. */
export function readV2(directory: string): Omit<Usage, 'interfaces'> | undefined {
  const read = (name: string) => readSmallFile(`${directory}/${name}`);
  const processorText = read('cpu.stat');
  if (processorText === undefined) return undefined; // of every group, whatever its controllers
  const ioText = read('io.stat');
  const pidsCurrent = parseCount(read('pids.current') ?? '');
  return {
    processor: processorOf(parseNamedCounts(processorText)),
    memory: readMemory(read),
    pids: pidsCurrent === undefined ? undefined : pidsOf(pidsCurrent, read('pids.max') ?? ''),
    ioBytes: ioText === undefined ? undefined : parseIoStat(ioText),
    ioOperations: undefined,
  };
}

function processorOf(counts: Readonly<Record<string, number>>): Usage['processor'] {
  const ns = (name: string) => (counts[name] ?? 0) * 1000;
  return {
    totalNs: ns('usage_usec'),
    userNs: ns('user_usec'),
    kernelNs: ns('system_usec'),
    periods: counts['nr_periods'] ?? 0,
    throttledPeriods: counts['nr_throttled'] ?? 0,
    throttledNs: ns('throttled_usec'),
  };
}

function readMemory(read: (name: string) => string | undefined): Usage['memory'] {
  const usedBytes = parseCount(read('memory.current') ?? '');
  if (usedBytes === undefined) return undefined;
  const all = parseNamedCounts(read('memory.stat') ?? '');
  return {
    usedBytes,
    failures: parseNamedCounts(read('memory.events') ?? '')['oom'] ?? 0,
    limitBytes: parseCount(read('memory.max') ?? ''),
    details: Object.fromEntries(DETAILS.map((name) => [name, all[name] ?? 0])),
  };
}

function pidsOf(current: number, limit: string): Usage['pids'] {
  return { current, limit: parseCount(limit) };
}
