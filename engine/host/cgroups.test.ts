import { describe, expect, it } from 'vitest';
import { prepareCgroups, type CgroupTree } from './cgroups.ts';

/** A recorded machine: files by path; a mount adds its line as the kernel would. */
class RecordedTree implements CgroupTree {
  readonly mounted: string[] = [];
  private readonly files: Map<string, string>;
  private readonly refusal: string | undefined;

  constructor(files: Record<string, string>, refusal?: string) {
    this.files = new Map(Object.entries(files));
    this.refusal = refusal;
  }

  read(path: string): string | undefined {
    return this.files.get(path.replaceAll(/\/+/g, '/'));
  }

  list(path: string): string[] {
    const inside = [...this.files.keys()].filter((file) => file.startsWith(`${path}/`));
    return [
      ...new Set(inside.map((file) => file.slice(path.length + 1).split('/', 1)[0] as string)),
    ];
  }

  mountAt(path: string, type: 'cgroup' | 'cgroup2', options: string): void {
    if (this.refusal) throw Object.assign(new Error(this.refusal), { code: this.refusal });
    this.mounted.push(`${type} ${options} ${path}`);
    const info = this.files.get('/proc/self/mountinfo') ?? '';
    this.files.set(
      '/proc/self/mountinfo',
      `${info}50 31 0:50 / ${path} rw - ${type} x rw,${options}\n`,
    );
    if (type === 'cgroup') this.files.set('/sys/fs/cgroup/unified/cgroup.controllers', '\n');
    else this.files.set('/sys/fs/cgroup/cgroup.controllers', 'cpu memory pids\n');
  }
}

const HYBRID = {
  '/proc/self/mountinfo':
    [
      '31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755',
      '32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct',
      '34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset',
      '35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory',
      '39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids',
      '40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd',
      '41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw',
    ].join('\n') + '\n',
  '/proc/cgroups':
    '#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpuset\t3\t1\t1\ncpu\t1\t1\t1\ncpuacct\t2\t1\t1\nmemory\t4\t19\t1\nhugetlb\t0\t1\t1\npids\t8\t1\t1\n',
  '/sys/fs/cgroup/unified/cgroup.controllers': 'hugetlb\n',
  '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9\n',
  '/sys/fs/cgroup/memory/memory.oom_control': '\n',
  '/sys/fs/cgroup/cpu,cpuacct/cpu.shares': '1024\n',
  '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1\n',
  '/sys/fs/cgroup/cpuset/cpuset.cpus': '0-1\n',
};

const V2 = {
  '/proc/self/mountinfo': '30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n',
  '/proc/self/cgroup': '0::/system.slice/gantry.service\n',
  '/sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io memory hugetlb pids rdma misc\n',
  '/sys/fs/cgroup/system.slice/gantry.service/memory.swap.max': 'max\n',
};

describe('prepareCgroups()', () => {
  it('moves the controllers of a hybrid host’s v2 mount to v1', () => {
    const tree = new RecordedTree(HYBRID);
    const cgroups = prepareCgroups(tree);
    expect(tree.mounted).toEqual(['cgroup hugetlb /sys/fs/cgroup/hugetlb']);
    expect(cgroups.version).toBe(1);
    expect(cgroups.controllers).toEqual(['cpu', 'cpuacct', 'cpuset', 'hugetlb', 'memory', 'pids']);
    expect(cgroups.mountpoints.get('cpuacct')).toBe('/sys/fs/cgroup/cpu,cpuacct');
  });

  it('changes nothing when it is called again', () => {
    const tree = new RecordedTree(HYBRID);
    prepareCgroups(tree);
    prepareCgroups(tree);
    expect(tree.mounted).toHaveLength(1);
  });

  it('warns, and goes on, when the kernel refuses the mount', () => {
    const cgroups = prepareCgroups(new RecordedTree(HYBRID, 'EBUSY'));
    expect(cgroups.warnings[0]).toContain('cannot mount hugetlb at /sys/fs/cgroup/hugetlb (EBUSY)');
  });

  it('says what a v1 host lacks as Docker does', () => {
    const cgroups = prepareCgroups(new RecordedTree(HYBRID));
    expect(cgroups.memoryLimit).toBe(true);
    expect(cgroups.oomKillDisable).toBe(true);
    expect(cgroups.warnings).toEqual(['WARNING: No swap limit support']);
  });

  it('leaves a v2 host alone', () => {
    const tree = new RecordedTree(V2);
    const cgroups = prepareCgroups(tree);
    expect(tree.mounted).toEqual([]);
    expect(cgroups).toMatchObject({ version: 2, swapLimit: true, cpuQuota: true, warnings: [] });
  });

  it('mounts v2 where nothing is mounted', () => {
    const tree = new RecordedTree({ '/proc/self/mountinfo': '' });
    expect(prepareCgroups(tree).version).toBe(2);
    expect(tree.mounted).toEqual(['cgroup2  /sys/fs/cgroup']);
  });
});
