/**
 * Which namespaces a container gets of its own, shares with another container, or has from the host.
 * Pure. Sources: namespaces(7); OCI runtime-spec, config-linux.md, "Namespaces".
 */
import type { HostConfig } from '../contract/containers.ts';

export interface OciNamespace {
  readonly type: string;
  readonly path?: string;
}

/** Namespaces that exist already; absent ones are made by the runtime. */
export interface NamespacePaths {
  readonly network?: string | undefined;
  readonly pid?: string | undefined;
  readonly ipc?: string | undefined;
}

export function planNamespaces(hostConfig: HostConfig, paths: NamespacePaths): OciNamespace[] {
  const namespace = (type: string, mode: string, path?: string): OciNamespace[] => {
    if (mode === 'host') return [];
    return [path === undefined ? { type } : { type, path }];
  };
  return [
    { type: 'mount' },
    ...namespace('network', hostConfig.NetworkMode, paths.network),
    ...namespace('uts', hostConfig.UTSMode),
    ...namespace('pid', hostConfig.PidMode, paths.pid),
    ...namespace('ipc', hostConfig.IpcMode, paths.ipc),
    ...(hostConfig.CgroupnsMode === 'private' ? [{ type: 'cgroup' }] : []),
  ];
}
