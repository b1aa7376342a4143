/**
 * What a container uses: processor, memory, processes, block devices, network.
 * Source: Docker Engine API v1.50, ContainerStats; moby `api/types/container/stats.go`. Pure.
 */
import * as z from 'zod';
import { queryBoolean, queryBooleanOrTrue, route } from './route.ts';

const processorUsage = z.object({
  cpu_usage: z.object({
    /** Nanoseconds, as all times here. */
    total_usage: z.number(),
    /** cgroup v1 alone. */
    percpu_usage: z.array(z.number()).optional(),
    usage_in_kernelmode: z.number(),
    usage_in_usermode: z.number(),
  }),
  /** Of the whole machine, all processors together, idle time included. */
  system_cpu_usage: z.number().optional(),
  online_cpus: z.number().optional(),
  throttling_data: z.object({
    periods: z.number(),
    throttled_periods: z.number(),
    throttled_time: z.number(),
  }),
});
export type ProcessorStats = z.output<typeof processorUsage>;

/** Null where the kernel does not count; cgroup v2 counts only the first. */
const deviceCounts = z
  .array(z.object({ major: z.number(), minor: z.number(), op: z.string(), value: z.number() }))
  .nullable();

const interfaceUsage = z.object({
  rx_bytes: z.number(),
  rx_packets: z.number(),
  rx_errors: z.number(),
  rx_dropped: z.number(),
  tx_bytes: z.number(),
  tx_packets: z.number(),
  tx_errors: z.number(),
  tx_dropped: z.number(),
});

export const containerStats = z.object({
  /** With a leading slash. */
  name: z.string(),
  id: z.string(),
  /** `0001-01-01T00:00:00Z` of a container that does not run, whose counts are then zero or absent. */
  read: z.string(),
  /** When `precpu_stats` was read; the zero time when there was no earlier sample. */
  preread: z.string(),
  /** No `limit` where there is none. */
  pids_stats: z.object({ current: z.number().optional(), limit: z.number().optional() }),
  blkio_stats: z.object({
    io_service_bytes_recursive: deviceCounts,
    io_serviced_recursive: deviceCounts,
    io_queue_recursive: deviceCounts,
    io_service_time_recursive: deviceCounts,
    io_wait_time_recursive: deviceCounts,
    io_merged_recursive: deviceCounts,
    io_time_recursive: deviceCounts,
    sectors_recursive: deviceCounts,
  }),
  num_procs: z.number(),
  storage_stats: z.object({}),
  cpu_stats: processorUsage,
  precpu_stats: processorUsage,
  memory_stats: z.object({
    /** Bytes, page cache included. */
    usage: z.number().optional(),
    max_usage: z.number().optional(),
    /** `memory.stat`, with the names that the version of cgroups has. */
    stats: z.record(z.string(), z.number()).optional(),
    failcnt: z.number().optional(),
    /** The machine's memory where there is no lower limit. */
    limit: z.number().optional(),
  }),
  /** By name inside the container; absent without a network of its own. */
  networks: z.record(z.string(), interfaceUsage).optional(),
});
export type ContainerStats = z.output<typeof containerStats>;

export const STATS_ROUTES = {
  containerStats: route({
    method: 'GET',
    path: '/containers/{id}/stats',
    summary: 'What a container uses, once a second or once',
    query: z.object({
      stream: queryBooleanOrTrue,
      'one-shot': queryBoolean,
    }),
    result: containerStats,
    answer: 'json-lines',
  }),
} as const;
