/**
 * The container resource of the HTTP API: configuration, create body, inspect result and routes.
 *
 * Parsing fills what dockerd fills (`ShmSize`, masked paths, `CgroupnsMode` …) and keeps Docker's
 * difference between `null` and `[]`, so that a stored configuration is what inspect answers with.
 * Unknown fields are dropped, as Go's decoder does. Pure.
 * Source: Docker Engine API v1.50, Container; moby `api/types/container`.
 */
import * as z from 'zod';
import { queryBoolean, queryFilters, queryInteger, route } from './route.ts';
import { containerStatus, containerSummary, endpointSettings, mountPoint } from './summaries.ts';

/** A Go slice: absent and null are both null. */
const list = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform((value) => value ?? null);
/** A Go slice that dockerd never answers as null. */
const fullList = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform((value) => value ?? []);
/** A Go map that dockerd never answers as null. */
const fullMap = <T extends z.ZodType>(item: T) =>
  z
    .record(z.string(), item)
    .nullish()
    .transform((value) => value ?? {});
/** Left out of answers where it is absent (`omitempty`). */
const optional = <T extends z.ZodType>(item: T) =>
  item.nullish().transform((value) => value ?? undefined);

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false);
const integer = z
  .int()
  .nullish()
  .transform((value) => value ?? 0);
const nullableInteger = z
  .int()
  .nullish()
  .transform((value) => value ?? null);
const strings = z.record(z.string(), z.string());
/** Go's `map[string]struct{}`. */
const set = z.record(z.string(), z.looseObject({}));
/** A command: a bare string counts as one word. Source: moby `strslice.StrSlice`. */
const words = z
  .union([z.array(z.string()), z.string().transform((word) => [word])])
  .nullish()
  .transform((value) => value ?? null);

export const healthConfig = z.object({
  Test: optional(z.array(z.string())),
  /** Nanoseconds, as the other times here; 0 inherits. */
  Interval: optional(z.int()),
  Timeout: optional(z.int()),
  StartPeriod: optional(z.int()),
  StartInterval: optional(z.int()),
  Retries: optional(z.int()),
});
export type HealthConfig = z.output<typeof healthConfig>;

export const containerConfig = z.object({
  Hostname: text,
  Domainname: text,
  User: text,
  AttachStdin: flag,
  AttachStdout: flag,
  AttachStderr: flag,
  ExposedPorts: optional(set),
  Tty: flag,
  OpenStdin: flag,
  StdinOnce: flag,
  Env: list(z.string()),
  Cmd: words,
  Healthcheck: optional(healthConfig),
  ArgsEscaped: optional(z.boolean()),
  Image: text,
  Volumes: set.nullish().transform((value) => value ?? null),
  WorkingDir: text,
  Entrypoint: words,
  NetworkDisabled: optional(z.boolean()),
  /** Deprecated at this place since API 1.44; honoured for the first network. */
  MacAddress: optional(z.string()),
  OnBuild: list(z.string()),
  Labels: fullMap(z.string()),
  StopSignal: optional(z.string()),
  /** Seconds. */
  StopTimeout: optional(z.int()),
  Shell: optional(z.array(z.string())),
});
export type ContainerConfig = z.output<typeof containerConfig>;

const throttleDevice = z.object({ Path: text, Rate: integer });
const weightDevice = z.object({ Path: text, Weight: integer });

export const deviceMapping = z.object({
  PathOnHost: text,
  PathInContainer: text,
  CgroupPermissions: text,
});

export const ulimit = z.object({ Name: text, Hard: integer, Soft: integer });

const deviceRequest = z.object({
  Driver: text,
  Count: integer,
  DeviceIDs: list(z.string()),
  Capabilities: list(z.array(z.string())),
  Options: fullMap(z.string()),
});

/** Limits, in the order dockerd prints them. */
export const resources = z.object({
  CpuShares: integer,
  /** Bytes. */
  Memory: integer,
  NanoCpus: integer,
  CgroupParent: text,
  BlkioWeight: integer,
  BlkioWeightDevice: fullList(weightDevice),
  BlkioDeviceReadBps: fullList(throttleDevice),
  BlkioDeviceWriteBps: fullList(throttleDevice),
  BlkioDeviceReadIOps: fullList(throttleDevice),
  BlkioDeviceWriteIOps: fullList(throttleDevice),
  /** Microseconds. */
  CpuPeriod: integer,
  CpuQuota: integer,
  CpuRealtimePeriod: integer,
  CpuRealtimeRuntime: integer,
  CpusetCpus: text,
  CpusetMems: text,
  Devices: fullList(deviceMapping),
  DeviceCgroupRules: list(z.string()),
  DeviceRequests: list(deviceRequest),
  KernelMemory: optional(z.int()),
  KernelMemoryTCP: optional(z.int()),
  MemoryReservation: integer,
  /** Memory and swap together; -1 is unlimited. */
  MemorySwap: integer,
  MemorySwappiness: nullableInteger,
  OomKillDisable: z
    .boolean()
    .nullish()
    .transform((value) => value ?? null),
  PidsLimit: nullableInteger,
  Ulimits: fullList(ulimit),
  CpuCount: integer,
  CpuPercent: integer,
  IOMaximumIOps: integer,
  IOMaximumBandwidth: integer,
});
export type Resources = z.output<typeof resources>;

export const portBinding = z.object({ HostIp: text, HostPort: text });
/** `80/tcp` → where it is published; null for a port that is only exposed. */
export const portMap = z.record(z.string(), z.array(portBinding).nullable());
export type PortMap = z.output<typeof portMap>;

const bindOptions = z.object({
  Propagation: optional(z.string()),
  NonRecursive: optional(z.boolean()),
  CreateMountpoint: optional(z.boolean()),
  ReadOnlyNonRecursive: optional(z.boolean()),
  ReadOnlyForceRecursive: optional(z.boolean()),
});
const volumeOptions = z.object({
  NoCopy: optional(z.boolean()),
  Labels: optional(strings),
  Subpath: optional(z.string()),
  DriverConfig: optional(z.object({ Name: optional(z.string()), Options: optional(strings) })),
});
const tmpfsOptions = z.object({
  SizeBytes: optional(z.int()),
  /** A Go file mode, so plain permission bits. */
  Mode: optional(z.int()),
  Options: optional(z.array(z.array(z.string()))),
});

/** One `--mount`. */
export const mountRequest = z.object({
  Type: z.string().default(''),
  Source: optional(z.string()),
  Target: z.string().default(''),
  ReadOnly: optional(z.boolean()),
  Consistency: optional(z.string()),
  BindOptions: optional(bindOptions),
  VolumeOptions: optional(volumeOptions),
  ImageOptions: optional(z.object({ Subpath: optional(z.string()) })),
  TmpfsOptions: optional(tmpfsOptions),
});
export type MountRequest = z.output<typeof mountRequest>;

export const restartPolicy = z
  .object({ Name: text, MaximumRetryCount: integer })
  .nullish()
  .transform((value) => ({
    Name: value?.Name || 'no',
    MaximumRetryCount: value?.MaximumRetryCount ?? 0,
  }));
export type RestartPolicy = z.output<typeof restartPolicy>;

/** 64 MiB. */
export const DEFAULT_SHM_SIZE_BYTES = 67_108_864;

/** Paths a container sees as empty. Source: moby `oci.DefaultLinuxSpec`. */
export const DEFAULT_MASKED_PATHS: readonly string[] = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];

/** Paths a container cannot write to. Source: moby `oci.DefaultLinuxSpec`. */
export const DEFAULT_READONLY_PATHS: readonly string[] = [
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/sys',
  '/proc/sysrq-trigger',
];

export const hostConfig = z.object({
  Binds: list(z.string()),
  ContainerIDFile: text,
  /** An empty type is the engine's default driver. */
  LogConfig: z
    .object({ Type: text, Config: fullMap(z.string()) })
    .nullish()
    .transform((value) => value ?? { Type: '', Config: {} }),
  /** `default` and the empty string are `bridge`. */
  NetworkMode: text.transform((mode) => (mode === '' || mode === 'default' ? 'bridge' : mode)),
  PortBindings: portMap.nullish().transform((value) => value ?? {}),
  RestartPolicy: restartPolicy,
  AutoRemove: flag,
  VolumeDriver: text,
  VolumesFrom: list(z.string()),
  Mounts: optional(z.array(mountRequest)),
  ConsoleSize: z
    .tuple([z.int(), z.int()])
    .nullish()
    .transform((value): [heightRows: number, widthColumns: number] => value ?? [0, 0]),
  Annotations: optional(strings),
  CapAdd: list(z.string()),
  CapDrop: list(z.string()),
  CgroupnsMode: text,
  Dns: fullList(z.string()),
  DnsOptions: fullList(z.string()),
  DnsSearch: fullList(z.string()),
  ExtraHosts: list(z.string()),
  GroupAdd: list(z.string()),
  /** Empty until the engine fills in its default, which older clients expect to be another. */
  IpcMode: text,
  Cgroup: text,
  Links: list(z.string()),
  OomScoreAdj: integer,
  PidMode: text,
  Privileged: flag,
  PublishAllPorts: flag,
  ReadonlyRootfs: flag,
  SecurityOpt: list(z.string()),
  StorageOpt: optional(strings),
  /** Destination → mount options. */
  Tmpfs: optional(strings),
  UTSMode: text,
  UsernsMode: text,
  /** Bytes. */
  ShmSize: integer.transform((size) => size || DEFAULT_SHM_SIZE_BYTES),
  Sysctls: optional(strings),
  /** Empty until the engine fills in its default. */
  Runtime: text,
  Isolation: text,
  ...resources.shape,
  Init: optional(z.boolean()),
  /** Null until the engine fills them in: an empty list is a wish for none. */
  MaskedPaths: list(z.string()),
  ReadonlyPaths: list(z.string()),
});
export type HostConfig = z.output<typeof hostConfig>;

export const networkingConfig = z.object({
  EndpointsConfig: fullMap(endpointSettings.partial().nullable()),
});
export type NetworkingConfig = z.output<typeof networkingConfig>;

export const createBody = containerConfig.extend({
  HostConfig: hostConfig.nullish().transform((value) => value ?? hostConfig.parse({})),
  NetworkingConfig: networkingConfig
    .nullish()
    .transform((value) => value ?? { EndpointsConfig: {} }),
});
export type CreateBody = z.output<typeof createBody>;

const healthResult = z.object({
  Start: z.string(),
  End: z.string(),
  ExitCode: z.number(),
  Output: z.string(),
});
export const health = z.object({
  Status: z.enum(['none', 'starting', 'healthy', 'unhealthy']),
  FailingStreak: z.number(),
  Log: z.array(healthResult),
});
export type Health = z.output<typeof health>;

export const containerState = z.object({
  Status: containerStatus,
  Running: z.boolean(),
  Paused: z.boolean(),
  Restarting: z.boolean(),
  OOMKilled: z.boolean(),
  Dead: z.boolean(),
  Pid: z.number(),
  ExitCode: z.number(),
  Error: z.string(),
  /** `0001-01-01T00:00:00Z` when it never happened. */
  StartedAt: z.string(),
  FinishedAt: z.string(),
  Health: health.optional(),
});

export const networkSettings = z.object({
  Bridge: z.string(),
  SandboxID: z.string(),
  SandboxKey: z.string(),
  Ports: portMap,
  HairpinMode: z.boolean(),
  LinkLocalIPv6Address: z.string(),
  LinkLocalIPv6PrefixLen: z.number(),
  SecondaryIPAddresses: z.null(),
  SecondaryIPv6Addresses: z.null(),
  EndpointID: z.string(),
  Gateway: z.string(),
  GlobalIPv6Address: z.string(),
  GlobalIPv6PrefixLen: z.number(),
  IPAddress: z.string(),
  IPPrefixLen: z.number(),
  IPv6Gateway: z.string(),
  MacAddress: z.string(),
  Networks: z.record(z.string(), endpointSettings),
});

export const containerInspect = z.object({
  Id: z.string(),
  Created: z.string(),
  Path: z.string(),
  Args: z.array(z.string()),
  State: containerState,
  /** Image id. */
  Image: z.string(),
  ResolvConfPath: z.string(),
  HostnamePath: z.string(),
  HostsPath: z.string(),
  LogPath: z.string(),
  /** With a leading slash. */
  Name: z.string(),
  RestartCount: z.number(),
  Driver: z.string(),
  Platform: z.string(),
  MountLabel: z.string(),
  ProcessLabel: z.string(),
  AppArmorProfile: z.string(),
  ExecIDs: z.array(z.string()).nullable(),
  HostConfig: hostConfig,
  GraphDriver: z.object({ Data: strings.nullable(), Name: z.string() }),
  SizeRw: z.number().optional(),
  SizeRootFs: z.number().optional(),
  Mounts: z.array(mountPoint),
  Config: containerConfig,
  NetworkSettings: networkSettings,
});
export type ContainerInspect = z.output<typeof containerInspect>;

export const createResult = z.object({ Id: z.string(), Warnings: z.array(z.string()) });
export const waitResult = z.object({
  StatusCode: z.number(),
  Error: z.object({ Message: z.string() }).optional(),
});
export const topResult = z.object({
  Titles: z.array(z.string()),
  Processes: z.array(z.array(z.string())),
});
export const containersPruned = z.object({
  ContainersDeleted: z.array(z.string()).nullable(),
  SpaceReclaimed: z.number(),
});
/** Absent fields stay as they are, and so does a policy without a name, which the CLI always sends. */
export const updateBody = resources.partial().extend({
  RestartPolicy: z
    .object({ Name: text, MaximumRetryCount: integer })
    .nullish()
    .transform((value) => (value?.Name ? value : undefined)),
});
export type UpdateBody = z.output<typeof updateBody>;

const detachKeys = z.string().optional();

export const CONTAINER_ROUTES = {
  containerCreate: route({
    method: 'POST',
    path: '/containers/create',
    summary: 'Create a container',
    query: z.object({ name: z.string().default(''), platform: z.string().default('') }),
    body: createBody,
    result: createResult,
    status: 201,
  }),
  containerList: route({
    method: 'GET',
    path: '/containers/json',
    summary: 'List containers',
    query: z.object({
      all: queryBoolean,
      limit: queryInteger,
      size: queryBoolean,
      filters: queryFilters,
    }),
    result: z.array(containerSummary),
  }),
  containerInspect: route({
    method: 'GET',
    path: '/containers/{id}/json',
    summary: 'Everything known about a container',
    query: z.object({ size: queryBoolean }),
    result: containerInspect,
  }),
  containerStart: route({
    method: 'POST',
    path: '/containers/{id}/start',
    summary: 'Start a container',
    query: z.object({ detachKeys, checkpoint: z.string().default('') }),
    /** Clients before API 1.24 may send the host configuration only now. */
    body: z.looseObject({}).nullish(),
    status: 204,
  }),
  containerStop: route({
    method: 'POST',
    path: '/containers/{id}/stop',
    summary: 'Stop a container: its stop signal, then SIGKILL',
    query: z.object({ signal: z.string().default(''), t: queryInteger }),
    status: 204,
  }),
  containerKill: route({
    method: 'POST',
    path: '/containers/{id}/kill',
    summary: 'Send a signal to a container',
    query: z.object({ signal: z.string().default('') }),
    status: 204,
  }),
  containerRestart: route({
    method: 'POST',
    path: '/containers/{id}/restart',
    summary: 'Stop a container where it runs, and start it',
    query: z.object({ signal: z.string().default(''), t: queryInteger }),
    status: 204,
  }),
  containerPause: route({
    method: 'POST',
    path: '/containers/{id}/pause',
    summary: 'Freeze the processes of a container',
    status: 204,
  }),
  containerUnpause: route({
    method: 'POST',
    path: '/containers/{id}/unpause',
    summary: 'Let the processes of a container go on',
    status: 204,
  }),
  containerTop: route({
    method: 'GET',
    path: '/containers/{id}/top',
    summary: 'Processes of a container, as ps shows them',
    query: z.object({ ps_args: z.string().default('') }),
    result: topResult,
  }),
  containerUpdate: route({
    method: 'POST',
    path: '/containers/{id}/update',
    summary: 'Change limits and restart policy',
    body: updateBody,
    result: z.object({ Warnings: z.array(z.string()) }),
  }),
  containerWait: route({
    method: 'POST',
    path: '/containers/{id}/wait',
    summary: 'Wait until a container ends; headers are sent at once',
    query: z.object({ condition: z.string().default('') }),
    result: waitResult,
    answer: 'stream',
  }),
  containerAttach: route({
    method: 'POST',
    path: '/containers/{id}/attach',
    summary: 'The standard streams of a container',
    query: z.object({
      detachKeys,
      logs: queryBoolean,
      stream: queryBoolean,
      stdin: queryBoolean,
      stdout: queryBoolean,
      stderr: queryBoolean,
    }),
    answer: 'hijack',
  }),
  containerResize: route({
    method: 'POST',
    path: '/containers/{id}/resize',
    summary: 'Set the size of the terminal',
    query: z.object({ h: z.string().default(''), w: z.string().default('') }),
  }),
  containerRename: route({
    method: 'POST',
    path: '/containers/{id}/rename',
    summary: 'Give a container another name',
    query: z.object({ name: z.string().default('') }),
    status: 204,
  }),
  containerDelete: route({
    method: 'DELETE',
    /** With `link`, a name may have a slash in it. */
    path: '/containers/{id*}',
    summary: 'Remove a container',
    query: z.object({ v: queryBoolean, force: queryBoolean, link: queryBoolean }),
    status: 204,
  }),
  containerPrune: route({
    method: 'POST',
    path: '/containers/prune',
    summary: 'Remove stopped containers',
    query: z.object({ filters: queryFilters }),
    result: containersPruned,
  }),
} as const;
