import { describe, expect, test } from 'vitest';
import { containerConfig, hostConfig } from '../contract/containers.ts';
import { parseDeviceRule, planLimits } from './runtime-spec-resources.ts';
import { planEnvironment, planRuntimeSpec, type RuntimeSpecInput } from './runtime-spec.ts';

function input(config: object = {}, host: object = {}, more: Partial<RuntimeSpecInput> = {}) {
  return {
    config: containerConfig.parse({ Hostname: 'box', Env: ['A=1'], ...config }),
    hostConfig: hostConfig.parse({ CgroupnsMode: 'private', ...host }),
    args: ['sleep', '1'],
    rootfsPath: '/rootfs',
    user: { uid: 0, gid: 0, additionalGids: [] },
    capabilities: ['CAP_KILL'],
    seccomp: undefined,
    noNewPrivileges: false,
    appArmorProfile: '',
    writableCgroups: false,
    linkVariables: [],
    rlimits: [],
    oomScoreAdj: 0,
    initPath: undefined,
    maskedPaths: ['/proc/kcore'],
    readonlyPaths: ['/proc/sys'],
    namespacePaths: { network: '/run/netns/x' },
    cgroupVersion: 2,
    cgroupsPath: '/gantry/id',
    mounts: [],
    etcFiles: { '/etc/hosts': '/c/hosts' },
    devices: [],
    deviceRules: [],
    deviceNumbers: () => ({ major: 8, minor: 0 }),
    ...more,
  } satisfies RuntimeSpecInput as RuntimeSpecInput;
}

describe('planRuntimeSpec()', () => {
  test('is what Docker writes for a plain container', () => {
    expect(planRuntimeSpec(input())).toMatchSnapshot();
  });

  test('puts init before the program and mounts it', () => {
    const spec = planRuntimeSpec(input({}, {}, { initPath: '/usr/bin/tini-static' }));
    expect(spec.process).toMatchObject({ args: ['/sbin/docker-init', '--', 'sleep', '1'] });
    expect(spec.mounts.at(-1)).toMatchObject({ source: '/usr/bin/tini-static' });
  });

  test('has no namespace where the host’s is shared', () => {
    const host = {
      NetworkMode: 'host',
      PidMode: 'host',
      IpcMode: 'host',
      UTSMode: 'host',
      CgroupnsMode: 'host',
    };
    const spec = planRuntimeSpec(input({}, host));
    expect(spec.linux['namespaces']).toEqual([{ type: 'mount' }]);
    expect(spec.hostname).toBeUndefined();
    expect(spec.linux['sysctl']).toEqual({});
  });

  test('lets a mount of the container take the place of a default one', () => {
    const shm = { destination: '/dev/shm', type: 'bind', source: '/x', options: ['rbind'] };
    const found = planRuntimeSpec(input({}, {}, { mounts: [shm] })).mounts.filter(
      ({ destination }) => destination === '/dev/shm',
    );
    expect(found).toEqual([shm]);
  });

  test('opens everything for a privileged container', () => {
    const spec = planRuntimeSpec(input({}, { Privileged: true }));
    expect(spec.linux.resources.devices).toEqual([{ allow: true, access: 'rwm' }]);
    expect(spec.mounts.find(({ destination }) => destination === '/sys')?.options).toContain('rw');
  });
});

test('planEnvironment() has PATH, HOSTNAME, TERM and then the container’s, which replace in place', () => {
  const config = { Hostname: 'h', Tty: true, Env: ['B=2', 'PATH=/mine', 'TERM=', 'HOSTNAME'] };
  expect(planEnvironment(config)).toEqual(['PATH=/mine', 'TERM=', 'B=2']);
});

describe('planLimits()', () => {
  const numbers = () => ({ major: 8, minor: 16 });
  const limits = (host: object, version: 1 | 2 = 1) =>
    planLimits(hostConfig.parse(host), version, numbers);

  test('is empty without limits', () => {
    expect(limits({})).toEqual({});
  });

  test('says CPUs as quota, memory with swap, and pids', () => {
    expect(
      limits({
        NanoCpus: 1_500_000_000,
        Memory: 1 << 30,
        MemorySwap: -1,
        PidsLimit: 5,
        CpuShares: 512,
      }),
    ).toEqual({
      cpu: { shares: 512, period: 100_000, quota: 150_000 },
      memory: { limit: 1 << 30, swap: -1 },
      pids: { limit: 5 },
    });
  });

  test('leaves out what only cgroup v1 can do', () => {
    const host = { MemorySwappiness: 10, OomKillDisable: true };
    expect(limits(host, 1)).toEqual({ memory: { swappiness: 10, disableOOMKiller: true } });
    expect(limits(host, 2)).toEqual({});
  });

  test('names block devices by number', () => {
    expect(
      limits({ BlkioWeight: 100, BlkioDeviceReadBps: [{ Path: '/dev/sda', Rate: 7 }] }),
    ).toEqual({
      blockIO: { weight: 100, throttleReadBpsDevice: [{ major: 8, minor: 16, rate: 7 }] },
    });
  });
});

test('parseDeviceRule() reads Docker’s form', () => {
  expect(parseDeviceRule('c 1:* rw')).toEqual({ allow: true, type: 'c', major: 1, access: 'rw' });
  expect(() => parseDeviceRule('x')).toThrow("invalid device cgroup rule format: 'x'");
});
