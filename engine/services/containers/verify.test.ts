import { describe, expect, test } from 'vitest';
import { containerConfig, hostConfig } from '../../contract/containers.ts';
import type { Cgroups } from '../../host/cgroups.ts';
import { verifyConfig } from './verify.ts';

const EVERYTHING = {
  version: 1,
  memoryLimit: true,
  memoryReservation: true,
  memorySwappiness: true,
  swapLimit: true,
  oomKillDisable: true,
  cpuShares: true,
  cpuQuota: true,
  cpuRealtime: true,
  cpuset: true,
  cpus: '0-1',
  mems: '0',
  pidsLimit: true,
  blkioWeight: true,
  blkioWeightDevice: true,
  blkioThrottle: true,
};
const NOTHING = Object.fromEntries(
  Object.entries(EVERYTHING).map(([name, value]) => [name, value === true ? false : value]),
);

const verify = (host: object, config: object = {}, cgroups: object = EVERYTHING) =>
  verifyConfig(containerConfig.parse(config), hostConfig.parse({ CgroupnsMode: 'host', ...host }), {
    cgroups: cgroups as Cgroups,
    machine: { cpuCount: 2, hasJournald: false },
  });

test('a plain container raises nothing and stays as it is', () => {
  const plain = hostConfig.parse({ CgroupnsMode: 'host' });
  expect(verify({})).toEqual({ hostConfig: plain, warnings: [] });
});

const OTHER = { NetworkMode: 'container:a' };
const LONG = 'x'.repeat(65);

describe('limits', () => {
  test.each<[object, string]>([
    [{ Memory: 1024 }, 'Minimum memory limit allowed is 6MB'],
    [{ Memory: -1 }, 'Minimum memory limit allowed is 6MB'],
    [{ MemorySwap: 1 << 30 }, 'You should always set the Memory limit when using Memoryswap'],
    [{ Memory: 9e6, MemorySwap: 8e6 }, 'Minimum memoryswap limit should be larger than memory'],
    [{ MemorySwappiness: 101 }, 'Invalid value: 101, valid memory swappiness range is 0-100'],
    [{ MemoryReservation: 100 }, 'Minimum memory reservation allowed is 6MB'],
    [
      { Memory: 7e6, MemoryReservation: 8e6 },
      'Minimum memory limit can not be less than memory reservation limit, see usage',
    ],
    [{ NanoCpus: 3e9 }, 'range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available'],
    [{ NanoCpus: -1 }, 'range of CPUs is from 0.01 to 2.00'],
    [{ NanoCpus: 1e9, CpuPeriod: 5000 }, 'Nano CPUs and CPU Period cannot both be set'],
    [{ NanoCpus: 1e9, CpuQuota: 5000 }, 'Nano CPUs and CPU Quota cannot both be set'],
    [{ CpuShares: -5 }, 'invalid CPU shares (-5): value must be a positive integer'],
    [{ CpuPeriod: 10 }, 'CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s'],
    [{ CpuQuota: 10 }, 'CPU cfs quota can not be less than 1ms (i.e. 1000)'],
    [
      { CpuRealtimePeriod: 1000, CpuRealtimeRuntime: 2000 },
      'cpu real-time runtime cannot be higher than cpu real-time period',
    ],
    [{ CpusetCpus: '0-9' }, 'Requested CPUs are not available - requested 0-9, available: 0-1'],
    [{ CpusetCpus: 'x' }, 'Invalid value x for cpuset cpus: invalid format: x'],
    [{ CpusetMems: '5' }, 'Requested memory nodes are not available - requested 5, available: 0'],
    [{ CpusetMems: '3-1' }, 'Invalid value 3-1 for cpuset mems: invalid format: 3-1'],
    [{ BlkioWeight: 5 }, 'Range of blkio weight is from 10 to 1000'],
    [{ BlkioWeight: 70000 }, 'Range of blkio weight is from 10 to 1000'],
    [{ IOMaximumIOps: 1 }, 'QoS maximum IOPs configuration is not supported on linux'],
    [{ IOMaximumBandwidth: 1 }, 'QoS maximum bandwidth configuration is not supported on linux'],
    [{ Ulimits: [{ Name: 'x', Soft: 1, Hard: 1 }] }, 'invalid ulimit type: x'],
    [
      { Ulimits: [{ Name: 'nofile', Soft: 3, Hard: 1 }] },
      'ulimit soft limit must be less than or equal to hard limit: 3 > 1',
    ],
    [{ OomScoreAdj: -2000 }, 'Invalid value -2000, range for oom score adj is [-1000, 1000]'],
    [{ ShmSize: -1 }, 'SHM size can not be less than 0'],
    [{ StorageOpt: { size: '1G' } }, '--storage-opt is supported only for overlay over xfs'],
    [{ StorageOpt: { color: '1G' } }, 'unknown option color'],
  ])('%o is refused: %s', (host, message) => {
    expect(() => verify(host)).toThrow(message);
  });

  test.each<[object, string, object]>([
    [
      { Memory: 1 << 30 },
      'Your kernel does not support memory limit capabilities or the cgroup is not mounted. Limitation discarded.',
      { Memory: 0, MemorySwap: -1 },
    ],
    [
      { MemorySwappiness: 10 },
      'Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. Memory swappiness discarded.',
      { MemorySwappiness: null },
    ],
    [
      { MemoryReservation: 1 << 30 },
      'Your kernel does not support memory soft limit capabilities or the cgroup is not mounted. Limitation discarded.',
      { MemoryReservation: 0 },
    ],
    [
      { OomKillDisable: true },
      'Your kernel does not support OomKillDisable. OomKillDisable discarded.',
      { OomKillDisable: null },
    ],
    [
      { PidsLimit: 5 },
      'Your kernel does not support PIDs limit capabilities or the cgroup is not mounted. PIDs limit discarded.',
      { PidsLimit: null },
    ],
    [
      { CpuShares: 5 },
      'Your kernel does not support CPU shares or the cgroup is not mounted. Shares discarded.',
      { CpuShares: 0 },
    ],
    [
      { CpuQuota: 5000 },
      'Your kernel does not support CPU CFS scheduler. CPU period/quota discarded.',
      { CpuQuota: 0 },
    ],
    [
      { CpusetCpus: '0' },
      'Your kernel does not support cpuset or the cgroup is not mounted. Cpuset discarded.',
      { CpusetCpus: '' },
    ],
    [
      { BlkioWeight: 500 },
      'Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.',
      { BlkioWeight: 0 },
    ],
    [
      { BlkioDeviceWriteIOps: [{ Path: '/dev/sda', Rate: 1 }] },
      'Your kernel does not support IOPS Block write limit or the cgroup is not mounted. Block I/O IOPS write limit discarded.',
      { BlkioDeviceWriteIOps: [] },
    ],
  ])('%o is discarded where the kernel cannot: %s', (host, warning, left) => {
    const { hostConfig: result, warnings } = verify(host, {}, NOTHING);
    expect(warnings).toEqual([warning]);
    expect(result).toMatchObject(left);
  });

  test('memory is limited without swap where swap is not counted', () => {
    const { hostConfig: result, warnings } = verify(
      { Memory: 1 << 30, MemorySwap: 2 ** 31 },
      {},
      { ...EVERYTHING, swapLimit: false },
    );
    expect(result).toMatchObject({ Memory: 1 << 30, MemorySwap: -1 });
    expect(warnings[0]).toContain('Memory limited without swap.');
  });

  test('fields of old mean nothing or are discarded', () => {
    const { hostConfig: result, warnings } = verify({
      MemorySwappiness: -1,
      KernelMemory: 1 << 30,
      CpuPercent: 10,
      OomKillDisable: true,
    });
    expect(result).toMatchObject({ MemorySwappiness: null, CpuPercent: 0 });
    expect(result.KernelMemory).toBeUndefined();
    expect(warnings).toEqual([
      'Your kernel does not support kernel memory limit capabilities or the cgroup is not mounted. Limitation discarded.',
      'OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.',
      'linux does not support CPU percent. Percent discarded.',
    ]);
  });
});

test.each<[object, object, string]>([
  [{ RestartPolicy: { Name: 'sometimes' } }, {}, "unknown policy 'sometimes'; use one of 'no'"],
  [
    { RestartPolicy: { Name: 'always', MaximumRetryCount: 2 } },
    {},
    "maximum retry count can only be used with 'on-failure'",
  ],
  [
    { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: -2 } },
    {},
    'invalid restart policy: maximum retry count cannot be negative',
  ],
  [
    { AutoRemove: true, RestartPolicy: { Name: 'always' } },
    {},
    "can't create 'AutoRemove' container with restart policy",
  ],
  [{ PidMode: 'mine' }, {}, 'invalid PID mode: mine'],
  [{ PidMode: 'container:' }, {}, 'invalid PID mode: container:'],
  [{ IpcMode: 'mine' }, {}, 'invalid IPC mode: mine'],
  [{ UTSMode: 'mine' }, {}, 'invalid UTS mode: mine'],
  [{ CgroupnsMode: 'mine' }, {}, 'invalid cgroup namespace mode: mine'],
  [{ UsernsMode: 'mine' }, {}, 'invalid user namespace mode: mine'],
  [{ Isolation: 'hyperv' }, {}, "invalid isolation (hyperv): linux only supports 'default'"],
  [{ UTSMode: 'host' }, { Hostname: 'a' }, 'conflicting options: hostname and the UTS mode'],
  [{ NetworkMode: 'container:' }, {}, 'invalid container format container:<name|id>'],
  [OTHER, { Hostname: 'a' }, 'conflicting options: hostname and the network mode'],
  [{ ...OTHER, Dns: ['1.1.1.1'] }, {}, 'conflicting options: dns and the network mode'],
  [{ ...OTHER, ExtraHosts: ['a:1.1.1.1'] }, {}, 'custom host-to-IP mapping and the network mode'],
  [{ ...OTHER, Links: ['a:b'] }, {}, "container type network can't be used with links"],
  [{ ...OTHER, PublishAllPorts: true }, {}, 'port publishing and the container type network'],
  [OTHER, { ExposedPorts: { '80/tcp': {} } }, 'port exposing and the container type network'],
  [{ NetworkMode: 'host', Links: ['a'] }, {}, "host type networking can't be used with links"],
  [{ Links: ['a:b:c'] }, {}, 'bad format for links: a:b:c'],
  [{ ExtraHosts: ['bad'] }, {}, 'bad format for add-host: "bad"'],
  [{ ExtraHosts: ['a:bad'] }, {}, 'invalid IP address in add-host: "bad"'],
  [{ PortBindings: { '80/tcp': [{ HostPort: 'x' }] } }, {}, 'invalid port specification'],
  [
    { DeviceRequests: [{ Driver: 'nvidia', Capabilities: [['gpu', 'x']] }] },
    {},
    'could not select device driver "nvidia" with capabilities: [[gpu x]]',
  ],
  [
    { Devices: [{ PathOnHost: '/dev/null', CgroupPermissions: 'zz' }] },
    {},
    'invalid device mode: zz',
  ],
  [{ DeviceCgroupRules: ['x'] }, {}, "invalid device cgroup rule format: 'x'"],
  [
    { LogConfig: { Type: 'fluentd' } },
    {},
    'error looking up logging plugin fluentd: plugin "fluentd" not found',
  ],
  [{ LogConfig: { Type: 'journald' } }, {}, 'journald is not enabled on this host'],
  [{ SecurityOpt: ['nosuch=1'] }, {}, 'invalid --security-opt 2: "nosuch=1"'],
  [{ Sysctls: { 'vm.swappiness': '1' } }, {}, 'is not in a separate kernel namespace'],
  [{ Annotations: { '': 'x' } }, {}, 'the empty string is not permitted as an annotation key'],
  [
    {},
    { WorkingDir: 'relative' },
    "the working directory 'relative' is invalid, it needs to be an absolute path",
  ],
  [{}, { StopSignal: 'SIGNO' }, 'invalid signal: SIGNO'],
  [{}, { Env: ['=x'] }, 'invalid environment variable: =x'],
  [{}, { Hostname: LONG }, `hostname "${LONG}" is too long (maximum 64 bytes)`],
])('%o %o is refused: %s', (host, config, message) => {
  expect(() => verify(host, config)).toThrow(message);
});

test('ports on the host’s own network are only worth a warning', () => {
  expect(verify({ NetworkMode: 'host', PortBindings: { '80/tcp': null } }).warnings).toEqual([
    'Published ports are discarded when using host network mode',
  ]);
});
