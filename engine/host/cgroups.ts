/**
 * The control groups of this machine: what they can do, and, on a hybrid host, made usable.
 *
 * Three layouts exist. *v2*: one `cgroup2` mount at the root, the normal case. *v1*: one mount for
 * each controller under a tmpfs. *Hybrid*: v1 with a v2 mount beside it; where that v2 mount still
 * holds controllers, crun refuses to start anything, so `prepareCgroups` moves each of them to a v1
 * mount, as Debian's `cgroupfs-mount` does. Preparing twice changes nothing the second time.
 * Sources: cgroups(7); Documentation/admin-guide/cgroup-v1 and cgroup-v2.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { errnoOf } from './errno.ts';
import { MS, mount } from './system-calls.ts';

const ROOT = '/sys/fs/cgroup';

export interface Cgroups {
  /** The version that runtimes use for limits; a hybrid host counts as 1. */
  readonly version: 1 | 2;
  readonly root: string;
  /** Controllers that limits can be set with, sorted. */
  readonly controllers: readonly string[];
  /** v1: where each controller is mounted. Empty on v2, where all are at `root`. */
  readonly mountpoints: ReadonlyMap<string, string>;
  readonly memoryLimit: boolean;
  readonly memoryReservation: boolean;
  /** v1 alone. */
  readonly memorySwappiness: boolean;
  /** Swap can be limited apart from memory (`swapaccount=1` on v1). */
  readonly swapLimit: boolean;
  readonly cpuShares: boolean;
  readonly cpuQuota: boolean;
  /** Shares of real-time scheduling; v1 alone. */
  readonly cpuRealtime: boolean;
  readonly cpuset: boolean;
  /** CPUs and memory nodes that there are, as the kernel lists them (`0-3,7`); empty when not told. */
  readonly cpus: string;
  readonly mems: string;
  readonly blkioWeight: boolean;
  readonly blkioWeightDevice: boolean;
  /** Bytes and operations a second, reading and writing. */
  readonly blkioThrottle: boolean;
  readonly pidsLimit: boolean;
  /** Only v1 can switch the OOM killer off for a group. */
  readonly oomKillDisable: boolean;
  /** What a person should know, as `docker info` prints it. */
  readonly warnings: readonly string[];
}

/** What the layout is read from and changed through; tests give recorded trees. */
export interface CgroupTree {
  /** Undefined when the file is not there. */
  read(path: string): string | undefined;
  /** Names in a directory; none when it is not there. */
  list(path: string): string[];
  /** Makes the directory and mounts on it; throws what the kernel says. */
  mountAt(path: string, type: 'cgroup' | 'cgroup2', options: string): void;
}

interface CgroupMount {
  readonly path: string;
  readonly type: 'cgroup' | 'cgroup2';
  readonly options: readonly string[];
}

/** Describes the machine's cgroups and, where runtimes would refuse the layout, mends it first. */
export function prepareCgroups(tree: CgroupTree = machineTree): Cgroups {
  const warnings: string[] = [];
  if (mountsOf(tree).length === 0) attempt(tree, warnings, ROOT, 'cgroup2', '');
  for (const controller of strayControllers(tree))
    attempt(tree, warnings, `${ROOT}/${controller}`, 'cgroup', controller);
  const isV2 = mountsOf(tree).some(({ path, type }) => path === ROOT && type === 'cgroup2');
  const cgroups = isV2 ? describeV2(tree) : describeV1(tree);
  return { ...cgroups, warnings: [...warnings, ...warningsOf(cgroups)] };
}

function attempt(
  tree: CgroupTree,
  warnings: string[],
  path: string,
  type: 'cgroup' | 'cgroup2',
  options: string,
): void {
  try {
    tree.mountAt(path, type, options);
  } catch (error) {
    warnings.push(
      `WARNING: cannot mount ${options || 'cgroup2'} at ${path} (${errnoOf(error) ?? 'unknown error'}): containers may not start`,
    );
  }
}

/** Controllers that a hybrid host still has on its v2 mount. */
function strayControllers(tree: CgroupTree): string[] {
  const mounts = mountsOf(tree);
  const unified = mounts.find(({ type }) => type === 'cgroup2');
  const hybrid = mounts.some(({ type }) => type === 'cgroup');
  if (!hybrid || unified === undefined) return [];
  return words(tree.read(`${unified.path}/cgroup.controllers`));
}

type CgroupFacts = Omit<Cgroups, 'warnings'>;

function describeV1(tree: CgroupTree): CgroupFacts {
  const known = new Set(
    (tree.read('/proc/cgroups') ?? '')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.split('\t', 1)[0] as string),
  );
  const mountpoints = new Map<string, string>();
  for (const { path, type, options } of mountsOf(tree))
    if (type === 'cgroup')
      for (const option of options) if (known.has(option)) mountpoints.set(option, path);
  const read = (controller: string, file: string) => {
    const path = mountpoints.get(controller);
    return path === undefined ? undefined : tree.read(`${path}/${file}`);
  };
  const has = (controller: string, file: string) => read(controller, file) !== undefined;
  const text = (controller: string, file: string) => (read(controller, file) ?? '').trim();
  return {
    version: 1,
    root: ROOT,
    controllers: [...mountpoints.keys()].toSorted(),
    mountpoints,
    memoryLimit: has('memory', 'memory.limit_in_bytes'),
    memoryReservation: has('memory', 'memory.soft_limit_in_bytes'),
    memorySwappiness: has('memory', 'memory.swappiness'),
    swapLimit: has('memory', 'memory.memsw.limit_in_bytes'),
    oomKillDisable: has('memory', 'memory.oom_control'),
    cpuShares: has('cpu', 'cpu.shares'),
    cpuQuota: has('cpu', 'cpu.cfs_quota_us'),
    cpuRealtime: has('cpu', 'cpu.rt_period_us'),
    cpuset: has('cpuset', 'cpuset.cpus'),
    cpus: text('cpuset', 'cpuset.cpus'),
    mems: text('cpuset', 'cpuset.mems'),
    blkioWeight: has('blkio', 'blkio.weight'),
    blkioWeightDevice: has('blkio', 'blkio.weight_device'),
    blkioThrottle: has('blkio', 'blkio.throttle.read_bps_device'),
    pidsLimit: mountpoints.has('pids'),
  };
}

function describeV2(tree: CgroupTree): CgroupFacts {
  const controllers = words(tree.read(`${ROOT}/cgroup.controllers`)).toSorted();
  const has = (controller: string) => controllers.includes(controller);
  return {
    version: 2,
    root: ROOT,
    controllers,
    mountpoints: new Map(),
    memoryLimit: has('memory'),
    memoryReservation: has('memory'),
    memorySwappiness: false,
    swapLimit: has('memory') && hasSwapFile(tree),
    oomKillDisable: false,
    cpuShares: has('cpu'),
    cpuQuota: has('cpu'),
    cpuRealtime: false,
    cpuset: has('cpuset'),
    cpus: (tree.read(`${ROOT}/cpuset.cpus.effective`) ?? '').trim(),
    mems: (tree.read(`${ROOT}/cpuset.mems.effective`) ?? '').trim(),
    blkioWeight: has('io'),
    blkioWeightDevice: has('io'),
    blkioThrottle: has('io'),
    pidsLimit: has('pids'),
  };
}

/** `memory.swap.max` is in every group but the root, so any group tells. */
function hasSwapFile(tree: CgroupTree): boolean {
  const own = /^0::(.*)$/m.exec(tree.read('/proc/self/cgroup') ?? '')?.[1] ?? '/';
  return [own, ...tree.list(ROOT)].some(
    (group) => tree.read(`${ROOT}/${group}/memory.swap.max`) !== undefined,
  );
}

/** Docker's own texts, in its order. */
function warningsOf(cgroups: CgroupFacts): string[] {
  const lacks: [present: boolean, what: string][] = [
    [cgroups.memoryLimit, 'memory limit'],
    [cgroups.swapLimit, 'swap limit'],
    [cgroups.cpuQuota, 'cpu cfs quota'],
    [cgroups.cpuShares, 'cpu shares'],
    [cgroups.cpuset, 'cpuset'],
    [cgroups.pidsLimit, 'pids limit'],
  ];
  return lacks.filter(([present]) => !present).map(([, what]) => `WARNING: No ${what} support`);
}

function words(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '');
}

/** Source: proc(5), mountinfo: root and mount point are fields 4 and 5, the type follows ` - `. */
function mountsOf(tree: CgroupTree): CgroupMount[] {
  const mounts: CgroupMount[] = [];
  for (const line of (tree.read('/proc/self/mountinfo') ?? '').split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const [type = '', , options = ''] = after.split(' ');
    const path = before.split(' ')[4] ?? '';
    const underRoot = path === ROOT || path.startsWith(`${ROOT}/`);
    if (underRoot && (type === 'cgroup' || type === 'cgroup2'))
      mounts.push({ path, type, options: options.split(',') });
  }
  return mounts;
}

const machineTree: CgroupTree = {
  read(path) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return undefined;
    }
  },
  list(path) {
    try {
      return readdirSync(path);
    } catch {
      return [];
    }
  },
  mountAt(path, type, options) {
    const isNew = !existsSync(path);
    if (isNew) mkdirSync(path);
    try {
      const flags = MS.NOSUID | MS.NODEV | MS.NOEXEC;
      mount({ source: 'cgroup', target: path, type, flags, data: options });
    } catch (error) {
      if (isNew) rmdirSync(path);
      throw error;
    }
  },
};
