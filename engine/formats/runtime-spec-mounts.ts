/**
 * The mounts of a container: the kernel's file systems, its own, and the three files in /etc. Pure.
 * Source: OCI runtime-spec, config.md, "Mounts"; moby `oci/defaults.go`.
 */
import type { HostConfig } from '../contract/containers.ts';

export interface OciMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

export interface MountsInput {
  readonly hostConfig: HostConfig;
  readonly mounts: readonly OciMount[];
  readonly etcFiles: Readonly<Record<string, string>>;
  readonly writableCgroups: boolean;
  /** A tmpfs on the host, shared with other containers; undefined for one of its own. */
  readonly shmPath?: string | undefined;
}

const SAFE = ['nosuid', 'noexec', 'nodev'];

/** What a container mounts itself goes in the place of a default mount at the same destination. */
export function planOciMounts(input: MountsInput): OciMount[] {
  const { hostConfig, mounts, etcFiles } = input;
  const own = new Set(mounts.map(({ destination }) => destination));
  const below = own.has('/dev') ? ['/dev/pts', '/dev/shm', '/dev/mqueue'] : [];
  const defaults = defaultMounts(input).filter(
    ({ destination }) => !own.has(destination) && !below.includes(destination),
  );
  const files = Object.entries(etcFiles)
    .filter(([destination]) => !own.has(destination))
    .map(([destination, source]) => ({
      destination,
      type: 'bind',
      source,
      options: ['rbind', 'rprivate', ...(hostConfig.ReadonlyRootfs ? ['ro'] : [])],
    }));
  return [...defaults, ...files, ...mounts];
}

function defaultMounts({ hostConfig, writableCgroups, shmPath }: MountsInput): OciMount[] {
  // A privileged container may write to sysfs.
  const access = hostConfig.Privileged ? 'rw' : 'ro';
  const { ipc, shm } = ipcMounts(hostConfig, shmPath);
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: SAFE },
    {
      destination: '/dev',
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
    },
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
    },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...SAFE, access] },
    {
      destination: '/sys/fs/cgroup',
      type: 'cgroup',
      source: 'cgroup',
      options: [writableCgroups ? 'rw' : 'ro', ...SAFE],
    },
    ...ipc,
    ...shm,
  ];
}

function ipcMounts(
  { IpcMode, ShmSize }: HostConfig,
  shmPath: string | undefined,
): { ipc: OciMount[]; shm: OciMount[] } {
  const bind = (destination: string, source: string): OciMount => ({
    destination,
    type: 'bind',
    source,
    options: ['rbind', 'rprivate'],
  });
  // The file system shows the queues of the IPC namespace it is mounted in, the host's too.
  const ipc = [{ destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: SAFE }];
  if (IpcMode === 'host') return { ipc, shm: [bind('/dev/shm', '/dev/shm')] };
  if (IpcMode === 'none') return { ipc, shm: [] };
  if (shmPath !== undefined) return { ipc, shm: [bind('/dev/shm', shmPath)] };
  const options = [...SAFE, 'mode=1777', `size=${ShmSize}`];
  return { ipc, shm: [{ destination: '/dev/shm', type: 'tmpfs', source: 'shm', options }] };
}
