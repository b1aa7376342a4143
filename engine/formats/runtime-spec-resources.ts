/**
 * Limits of a container as the runtime sets them on its cgroup. Pure.
 * Sources: OCI runtime-spec, config-linux.md, "Control groups"; moby `daemon/daemon_unix.go`.
 */
import type { HostConfig, Resources } from '../contract/containers.ts';
import { EngineError } from '../contract/errors.ts';

export interface OciDevice {
  readonly path: string;
  /** `c`, `b`, `p` */
  readonly type: string;
  readonly major: number;
  readonly minor: number;
  readonly fileMode: number;
  readonly uid: number;
  readonly gid: number;
}

export interface OciDeviceRule {
  readonly allow: boolean;
  readonly type?: string;
  readonly major?: number;
  readonly minor?: number;
  readonly access: string;
}

export interface OciResources {
  readonly devices?: readonly OciDeviceRule[];
  readonly memory?: object;
  readonly cpu?: object;
  readonly pids?: object;
  readonly blockIO?: object;
}

/** null, zero, full, random, urandom, tty, console; fuse is refused by name as Docker does. */
const DEFAULT_DEVICE_RULES: readonly OciDeviceRule[] = [
  { allow: false, access: 'rwm' },
  ...[
    [1, 5],
    [1, 3],
    [1, 9],
    [1, 8],
    [5, 0],
    [5, 1],
  ].map(([major = 0, minor = 0]) => ({ allow: true, type: 'c', major, minor, access: 'rwm' })),
  { allow: false, type: 'c', major: 10, minor: 229, access: 'rwm' },
];

/** The numbers of a block device of the host, by its path. */
export type DeviceNumbers = (path: string) => { readonly major: number; readonly minor: number };

export function planResources(
  hostConfig: HostConfig,
  cgroupVersion: 1 | 2,
  deviceRules: readonly OciDeviceRule[],
  deviceNumbers: DeviceNumbers,
): OciResources {
  const devices = hostConfig.Privileged
    ? [{ allow: true, access: 'rwm' }]
    : [...DEFAULT_DEVICE_RULES, ...deviceRules];
  return { devices, ...planLimits(hostConfig, cgroupVersion, deviceNumbers) };
}

/** Everything but devices: what `docker update` may change. */
export function planLimits(
  resources: Resources,
  cgroupVersion: 1 | 2,
  deviceNumbers: DeviceNumbers,
): OciResources {
  const memory = planMemory(resources, cgroupVersion);
  const cpu = planCpu(resources);
  const blockIO = planBlockIo(resources, deviceNumbers);
  const pids = resources.PidsLimit ?? 0;
  return {
    ...(Object.keys(memory).length > 0 && { memory }),
    ...(Object.keys(cpu).length > 0 && { cpu }),
    ...(Object.keys(blockIO).length > 0 && { blockIO }),
    ...(pids !== 0 && { pids: { limit: pids > 0 ? pids : -1 } }),
  };
}

function planMemory(resources: Resources, cgroupVersion: 1 | 2): object {
  const { Memory, MemorySwap, MemoryReservation, MemorySwappiness, OomKillDisable } = resources;
  return {
    ...(Memory > 0 && { limit: Memory }),
    ...(MemoryReservation > 0 && { reservation: MemoryReservation }),
    ...(MemorySwap !== 0 && { swap: MemorySwap }),
    // cgroup v2 has no swappiness and no way to switch the OOM killer off.
    ...(cgroupVersion === 1 &&
      MemorySwappiness !== null &&
      MemorySwappiness !== -1 && { swappiness: MemorySwappiness }),
    ...(cgroupVersion === 1 && OomKillDisable && { disableOOMKiller: true }),
  };
}

function planCpu(resources: Resources): object {
  const { CpuShares, NanoCpus, CpusetCpus, CpusetMems } = resources;
  const PERIOD_US = 100_000;
  const quota =
    NanoCpus > 0
      ? { period: PERIOD_US, quota: Math.trunc((NanoCpus * PERIOD_US) / 1e9) }
      : {
          ...(resources.CpuPeriod !== 0 && { period: resources.CpuPeriod }),
          ...(resources.CpuQuota !== 0 && { quota: resources.CpuQuota }),
        };
  return {
    ...(CpuShares > 0 && { shares: CpuShares }),
    ...quota,
    ...(resources.CpuRealtimePeriod !== 0 && { realtimePeriod: resources.CpuRealtimePeriod }),
    ...(resources.CpuRealtimeRuntime !== 0 && { realtimeRuntime: resources.CpuRealtimeRuntime }),
    ...(CpusetCpus !== '' && { cpus: CpusetCpus }),
    ...(CpusetMems !== '' && { mems: CpusetMems }),
  };
}

function planBlockIo(resources: Resources, deviceNumbers: DeviceNumbers): object {
  const { BlkioWeight, BlkioWeightDevice } = resources;
  const throttle = (devices: Resources['BlkioDeviceReadBps']) =>
    devices.map(({ Path, Rate }) => ({ ...deviceNumbers(Path), rate: Rate }));
  const lists = {
    weightDevice: BlkioWeightDevice.map(({ Path, Weight }) => ({
      ...deviceNumbers(Path),
      weight: Weight,
    })),
    throttleReadBpsDevice: throttle(resources.BlkioDeviceReadBps),
    throttleWriteBpsDevice: throttle(resources.BlkioDeviceWriteBps),
    throttleReadIOPSDevice: throttle(resources.BlkioDeviceReadIOps),
    throttleWriteIOPSDevice: throttle(resources.BlkioDeviceWriteIOps),
  };
  return {
    ...(BlkioWeight !== 0 && { weight: BlkioWeight }),
    ...Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)),
  };
}

/** One `--device-cgroup-rule`: `c 1:* rwm`. Throws `invalid-argument`. */
export function parseDeviceRule(text: string): OciDeviceRule {
  const match = /^([acb]) (\d+|\*):(\d+|\*) ([rwm]{1,3})$/.exec(text);
  if (match === null)
    throw new EngineError('invalid-argument', `invalid device cgroup rule format: '${text}'`);
  const [, type = 'a', major = '*', minor = '*', access = 'rwm'] = match;
  return {
    allow: true,
    type,
    ...(major !== '*' && { major: Number(major) }),
    ...(minor !== '*' && { minor: Number(minor) }),
    access,
  };
}
