/**
 * The OCI runtime configuration of a container, as Docker would write it. Pure: everything about the
 * host, the rootfs and the network has been looked up before and comes in.
 * Sources: OCI runtime-spec 1.0, config.md and config-linux.md; moby `oci/defaults.go`,
 * `daemon/oci_linux.go` for what Docker puts in.
 */
import type { ContainerConfig, HostConfig } from '../contract/containers.ts';
import type { ProcessUser } from './passwd.ts';
import type { Rlimit } from './ulimits.ts';
import type { OciSeccomp } from './seccomp.ts';
import { planNamespaces, type NamespacePaths } from './runtime-spec-namespaces.ts';
import { planOciMounts, type OciMount } from './runtime-spec-mounts.ts';
import {
  planResources,
  type OciDevice,
  type DeviceNumbers,
  type OciDeviceRule,
  type OciResources,
} from './runtime-spec-resources.ts';

/** All that the spec is made from. */
export interface RuntimeSpecInput {
  readonly config: ContainerConfig;
  readonly hostConfig: HostConfig;
  /** Program and arguments, init not counted. */
  readonly args: readonly string[];
  readonly rootfsPath: string;
  readonly user: ProcessUser;
  readonly capabilities: readonly string[];
  /** Undefined: unconfined. */
  readonly seccomp: OciSeccomp | undefined;
  readonly noNewPrivileges: boolean;
  /** Empty where the host has none or nobody named one. */
  readonly appArmorProfile: string;
  /** The container may change its own cgroup. */
  readonly writableCgroups: boolean;
  readonly rlimits: readonly Rlimit[];
  readonly oomScoreAdj: number;
  /** Path of the init program on the host; undefined without `--init`. */
  readonly initPath: string | undefined;
  readonly maskedPaths: readonly string[];
  readonly readonlyPaths: readonly string[];
  readonly namespacePaths: NamespacePaths;
  readonly cgroupVersion: 1 | 2;
  readonly cgroupsPath: string;
  /** The container's own mounts, in order. */
  readonly mounts: readonly OciMount[];
  /** Of links; the container's own variables replace them. */
  readonly linkVariables: readonly string[];
  /** hosts, hostname and resolv.conf: destination → file on the host. */
  readonly etcFiles: Readonly<Record<string, string>>;
  /** See `MountsInput`. */
  readonly shmPath?: string | undefined;
  readonly devices: readonly OciDevice[];
  readonly deviceRules: readonly OciDeviceRule[];
  readonly deviceNumbers: DeviceNumbers;
}

const INIT_DESTINATION = '/sbin/docker-init';
const DEFAULT_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** `config.json`. */
export interface RuntimeSpec {
  readonly ociVersion: string;
  readonly process: object;
  readonly root: { readonly path: string; readonly readonly: boolean };
  readonly hostname?: string;
  readonly mounts: readonly OciMount[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly linux: {
    readonly resources: OciResources;
    readonly seccomp?: OciSeccomp;
    readonly [key: string]: unknown;
  };
}

export function planRuntimeSpec(input: RuntimeSpecInput): RuntimeSpec {
  const { config, hostConfig, initPath } = input;
  const init: OciMount[] =
    initPath === undefined
      ? []
      : [
          {
            destination: INIT_DESTINATION,
            type: 'bind',
            source: initPath,
            options: ['bind', 'ro'],
          },
        ];
  return {
    ociVersion: '1.0.2',
    process: planProcess(input),
    root: { path: input.rootfsPath, readonly: hostConfig.ReadonlyRootfs },
    ...(hostConfig.UTSMode !== 'host' && { hostname: config.Hostname }),
    mounts: [...planOciMounts(input), ...init],
    ...(hostConfig.Annotations && { annotations: hostConfig.Annotations }),
    linux: {
      cgroupsPath: input.cgroupsPath,
      namespaces: planNamespaces(hostConfig, input.namespacePaths),
      sysctl: planSysctls(config, hostConfig),
      resources: planResources(
        hostConfig,
        input.cgroupVersion,
        input.deviceRules,
        input.deviceNumbers,
      ),
      devices: input.devices,
      ...(input.seccomp && { seccomp: input.seccomp }),
      // A privileged container sees and writes everything, whatever else was asked for.
      maskedPaths: hostConfig.Privileged ? [] : input.maskedPaths,
      readonlyPaths: hostConfig.Privileged ? [] : input.readonlyPaths,
      rootfsPropagation: propagationOf(input.mounts),
    },
  };
}

function planProcess(input: RuntimeSpecInput): object {
  const { config, hostConfig, capabilities } = input;
  const { home, ...user } = input.user;
  const [rows, columns] = hostConfig.ConsoleSize;
  return {
    terminal: config.Tty,
    ...(config.Tty && rows > 0 && { consoleSize: { height: rows, width: columns } }),
    user,
    args: input.initPath === undefined ? input.args : [INIT_DESTINATION, '--', ...input.args],
    env: planEnvironment(config, [...homeVariable(home), ...input.linkVariables]),
    cwd: config.WorkingDir || '/',
    // A user other than root loses effective capabilities at exec, as on any Linux system.
    capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    rlimits: input.rlimits,
    noNewPrivileges: input.noNewPrivileges,
    ...(input.appArmorProfile !== '' && { apparmorProfile: input.appArmorProfile }),
    oomScoreAdj: input.oomScoreAdj,
  };
}

/** Runtimes leave it out for a user without one; Docker's says `/`. */
export function homeVariable(home: ProcessUser['home']): string[] {
  return home === undefined ? [] : [`HOME=${home}`];
}

/** PATH, HOSTNAME, TERM with a terminal, `more`, then the container's own, which replace in place. */
export function planEnvironment(
  config: Pick<ContainerConfig, 'Env' | 'Hostname' | 'Tty'>,
  more: readonly string[] = [],
): string[] {
  const variables = new Map<string, string>();
  const own = [
    ...[DEFAULT_PATH, `HOSTNAME=${config.Hostname}`, ...(config.Tty ? ['TERM=xterm'] : [])],
    ...more,
  ];
  for (const entry of [...own, ...(config.Env ?? [])]) {
    const name = entry.split('=', 1)[0] ?? '';
    if (entry.includes('=')) variables.set(name, entry);
    else variables.delete(name);
  }
  return [...variables.values()];
}

/** With a network of its own a container may ping and serve low ports without privileges. */
function planSysctls(config: ContainerConfig, hostConfig: HostConfig): Record<string, string> {
  const ownNetwork = hostConfig.NetworkMode !== 'host';
  const given = hostConfig.Sysctls ?? {};
  return {
    ...(ownNetwork && {
      'net.ipv4.ip_unprivileged_port_start': '0',
      'net.ipv4.ping_group_range': '0 2147483647',
    }),
    ...(config.Domainname !== '' &&
      hostConfig.UTSMode !== 'host' && { 'kernel.domainname': config.Domainname }),
    ...given,
  };
}

/** The rootfs must pass on what the most open of the binds is to pass on. */
function propagationOf(mounts: readonly OciMount[]): string {
  const options = new Set(mounts.flatMap((mount) => mount.options));
  if (options.has('shared') || options.has('rshared')) return 'shared';
  return options.has('slave') || options.has('rslave') ? 'slave' : 'rprivate';
}
