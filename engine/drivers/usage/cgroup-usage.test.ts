import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { CgroupUsage } from './cgroup-usage.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A recorded machine. */
function tree(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-usage-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const PROC = {
  'proc/stat':
    'cpu  100 10 50 800 20 5 15 99 0 0\ncpu0 50 5 25 400 10 2 8 0 0 0\ncpu1 50 5 25 400 10 3 7 0 0 0\nintr 1 2 3\n',
  'proc/7/net/dev': [
    'Inter-|   Receive                                                |  Transmit',
    ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop',
    '    lo:     500       5    0    0    0     0          0         0      500       5    0    0    0',
    '  eth0: 1042 11 1 2    0     0          0         0     70       3    4    5    0',
  ].join('\n'),
};

const V1 = {
  'cpuacct/g/c1/cpuacct.usage': '87685204\n',
  'cpuacct/g/c1/cpuacct.stat': 'user 4\nsystem 3\n',
  'cpuacct/g/c1/cpuacct.usage_percpu': '8067039 79618165 \n',
  'cpu/g/c1/cpu.stat': 'nr_periods 9\nnr_throttled 2\nthrottled_time 700\n',
  'memory/g/c1/memory.usage_in_bytes': '528384\n',
  'memory/g/c1/memory.max_usage_in_bytes': '4018176\n',
  'memory/g/c1/memory.failcnt': '3\n',
  'memory/g/c1/memory.limit_in_bytes': '67108864\n',
  'memory/g/c1/memory.stat': 'cache 4096\nrss 53248\nswap 0\ntotal_inactive_file 12288\n',
  'pids/g/c1/pids.current': '2\n',
  'pids/g/c1/pids.max': 'max\n',
  'blkio/g/c1/blkio.throttle.io_service_bytes_recursive':
    '8:0 Read 8192\n8:0 Write 4096\n8:0 Total 12288\nTotal 12288\n',
  'blkio/g/c1/blkio.throttle.io_serviced_recursive': 'Total 0\n',
};

const V2 = {
  'g/c1/cpu.stat':
    'usage_usec 2500\nuser_usec 1500\nsystem_usec 1000\nnr_periods 4\nnr_throttled 1\nthrottled_usec 30\n',
  'g/c1/memory.current': '1048576\n',
  'g/c1/memory.max': 'max\n',
  'g/c1/memory.stat': 'anon 40960\nfile 8192\ninactive_file 4096\npgfault 77\nunknown_name 1\n',
  'g/c1/memory.events': 'low 0\nhigh 0\nmax 5\noom 2\noom_kill 1\n',
  'g/c1/pids.current': '1\n',
  'g/c1/pids.max': '50\n',
  'g/c1/io.stat': '253:0 rbytes=8192 wbytes=4096 rios=2 wios=1 dbytes=0 dios=0\n7:0 \n',
};

function v1(files: Readonly<Record<string, string>>): CgroupUsage {
  const root = tree(files);
  const controllers = ['cpu', 'cpuacct', 'memory', 'pids', 'blkio'];
  const mountpoints = new Map(controllers.map((name) => [name, join(root, name)]));
  return new CgroupUsage({ version: 1, root, mountpoints }, join(root, 'proc'));
}

function v2(files: Readonly<Record<string, string>>): CgroupUsage {
  const root = tree(files);
  return new CgroupUsage({ version: 2, root, mountpoints: new Map() }, join(root, 'proc'));
}

const PLACE = { cgroupsPath: '/g/c1', pid: 7 };

describe("a container's usage", () => {
  it('is read from the controllers of v1', () => {
    const usage = v1({ ...V1, ...PROC }).usageOf(PLACE);
    expect(usage?.processor).toEqual({
      totalNs: 87_685_204,
      userNs: 40_000_000,
      kernelNs: 30_000_000,
      perCpuNs: [8_067_039, 79_618_165],
      periods: 9,
      throttledPeriods: 2,
      throttledNs: 700,
    });
    expect(usage?.memory).toMatchObject({
      usedBytes: 528_384,
      mostBytes: 4_018_176,
      failures: 3,
      limitBytes: 67_108_864,
      details: { cache: 4096, total_inactive_file: 12_288, total_rss: 0 },
    });
    expect(usage?.memory?.details).not.toHaveProperty('swap');
    expect(usage?.pids).toEqual({ current: 2, limit: undefined });
    expect(usage?.ioBytes).toEqual([
      { major: 8, minor: 0, operation: 'Read', value: 8192 },
      { major: 8, minor: 0, operation: 'Write', value: 4096 },
      { major: 8, minor: 0, operation: 'Total', value: 12_288 },
    ]);
    expect(usage?.ioOperations).toEqual([]);
  });

  it('is read from the one directory of v2, times in nanoseconds', () => {
    const usage = v2({ ...V2, ...PROC }).usageOf(PLACE);
    expect(usage?.processor).toEqual({
      totalNs: 2_500_000,
      userNs: 1_500_000,
      kernelNs: 1_000_000,
      periods: 4,
      throttledPeriods: 1,
      throttledNs: 30_000,
    });
    expect(usage?.memory).toMatchObject({
      usedBytes: 1_048_576,
      failures: 2,
      limitBytes: undefined,
      details: { anon: 40_960, inactive_file: 4096, pgfault: 77, slab: 0 },
    });
    expect(usage?.pids).toEqual({ current: 1, limit: 50 });
    expect(usage?.ioBytes).toEqual([
      { major: 253, minor: 0, operation: 'read', value: 8192 },
      { major: 253, minor: 0, operation: 'write', value: 4096 },
      { major: 7, minor: 0, operation: 'read', value: 0 },
      { major: 7, minor: 0, operation: 'write', value: 0 },
    ]);
    expect(usage?.ioOperations).toBeUndefined();
  });

  it('lacks what the machine does not count', () => {
    const usage = v2({ 'g/c1/cpu.stat': 'usage_usec 1\n', ...PROC }).usageOf(PLACE);
    expect(usage).toMatchObject({ memory: undefined, pids: undefined, ioBytes: undefined });
  });

  it('is undefined once its cgroup is gone', () => {
    expect(v1(PROC).usageOf(PLACE)).toBeUndefined();
    expect(v2(PROC).usageOf(PLACE)).toBeUndefined();
  });

  it('has the interfaces of its network namespace', () => {
    const interfaces = v2({ ...V2, ...PROC }).usageOf(PLACE)?.interfaces;
    expect([...(interfaces?.keys() ?? [])]).toEqual(['lo', 'eth0']);
    expect(interfaces?.get('eth0')).toEqual({
      receivedBytes: 1042,
      receivedPackets: 11,
      receiveErrors: 1,
      receiveDrops: 2,
      sentBytes: 70,
      sentPackets: 3,
      sendErrors: 4,
      sendDrops: 5,
    });
  });
});

it("the machine's processor time leaves stolen time out and counts the processors", () => {
  expect(v2(PROC).processorTime()).toEqual({ totalNs: 10_000_000_000, onlineCpus: 2 });
});
