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
}

const SAFE = ['nosuid', 'noexec', 'nodev'];

/** What a container mounts itself goes in the place of a default mount at the same destination. */
export function planOciMounts({ hostConfig, mounts, etcFiles }: MountsInput): OciMount[] {
  const own = new Set(mounts.map(({ destination }) => destination));
  const below = own.has('/dev') ? ['/dev/pts', '/dev/shm', '/dev/mqueue'] : [];
  const defaults = defaultMounts(hostConfig).filter(
    ({ destination }) => !own.has(destination) && !below.includes(destination),
  );
  const files = Object.entries(etcFiles)
    .filter(([destination]) => !own.has(destination))
    .map(([destination, source]) => ({
      destination,
      type: 'bind',
      source,
      options: ['rbind', 'rprivate'],
    }));
  return [...defaults, ...files, ...mounts];
}

function defaultMounts(hostConfig: HostConfig): OciMount[] {
  // A privileged container may write to sysfs and to its cgroups.
  const access = hostConfig.Privileged ? 'rw' : 'ro';
  const { ipc, shm } = ipcMounts(hostConfig);
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
      options: [access, ...SAFE],
    },
    ...ipc,
    ...shm,
  ];
}

function ipcMounts({ IpcMode, ShmSize }: HostConfig): { ipc: OciMount[]; shm: OciMount[] } {
  const hostBind = (path: string): OciMount => ({
    destination: path,
    type: 'bind',
    source: path,
    options: ['rbind', 'rprivate'],
  });
  if (IpcMode === 'host') return { ipc: [hostBind('/dev/mqueue')], shm: [hostBind('/dev/shm')] };
  const ipc = [{ destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: SAFE }];
  if (IpcMode === 'none') return { ipc, shm: [] };
  const options = [...SAFE, 'mode=1777', `size=${ShmSize}`];
  return { ipc, shm: [{ destination: '/dev/shm', type: 'tmpfs', source: 'shm', options }] };
}
