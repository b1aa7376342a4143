/** Gathers what the OCI configuration of a container is made from, and makes it. */
import type { HostConfig } from '../../contract/containers.ts';
import { EngineError } from '../../contract/errors.ts';
import { resolveCapabilities } from '../../formats/capabilities.ts';
import { resolveGroups, resolveUser, type ProcessUser } from '../../formats/passwd.ts';
import { parseDeviceRule, type OciDeviceRule } from '../../formats/runtime-spec-resources.ts';
import { planRuntimeSpec, type RuntimeSpec } from '../../formats/runtime-spec.ts';
import { parseSeccompProfile, resolveSeccomp, type OciSeccomp } from '../../formats/seccomp.ts';
import { planRlimits } from '../../formats/ulimits.ts';
import { canLowerOomScore, cgroupsPathOf, containerOf, type ContainerContext } from './context.ts';
import { linkVariablesOf } from './links.ts';
import type { LiveContainer } from './live-container.ts';
import { ociMountsOf } from './mounts.ts';
import { parseSecurityOptions } from './security-options.ts';
import { networkOwner } from './networking.ts';
import { hasProcess } from './state.ts';

export interface SpecPlaces {
  readonly rootfsPath: string;
  /** Of the sandbox; undefined for the host's own network. */
  readonly networkNamespace: string | undefined;
}

export function specOf(
  context: ContainerContext,
  container: LiveContainer,
  places: SpecPlaces,
): RuntimeSpec {
  const { config, hostConfig, definition } = container;
  const { files, settings } = context;
  const security = parseSecurityOptions(hostConfig.SecurityOpt ?? []);
  const capabilities = resolveCapabilities(
    {
      add: hostConfig.CapAdd ?? [],
      drop: hostConfig.CapDrop ?? [],
      privileged: hostConfig.Privileged,
    },
    settings.capabilities,
  );
  const user = userOf(context, container, places.rootfsPath, config.User);
  container.ownUser = user;
  const etc = files.etcOf(networkOwner(context, container).id);
  return planRuntimeSpec({
    config,
    hostConfig,
    args: definition.command,
    rootfsPath: places.rootfsPath,
    user,
    capabilities,
    seccomp: seccompOf(context, hostConfig.Privileged, security.seccomp, capabilities),
    noNewPrivileges: security.noNewPrivileges,
    rlimits: planRlimits(hostConfig.Ulimits, settings.defaultUlimits, settings.hardLimits).rlimits,
    oomScoreAdj: canLowerOomScore(settings)
      ? hostConfig.OomScoreAdj
      : Math.max(hostConfig.OomScoreAdj, 0),
    initPath: initOf(context, hostConfig),
    appArmorProfile: context.machine.hasAppArmor ? security.appArmorProfile : '',
    writableCgroups: security.writableCgroups ?? hostConfig.Privileged,
    linkVariables: linkVariablesOf(context, container),
    maskedPaths: hostConfig.MaskedPaths ?? [],
    readonlyPaths: hostConfig.ReadonlyPaths ?? [],
    namespacePaths: {
      network: places.networkNamespace,
      pid: sharedNamespace(context, hostConfig.PidMode, 'pid'),
      ipc: sharedNamespace(context, hostConfig.IpcMode, 'ipc'),
    },
    cgroupVersion: context.cgroups.version,
    cgroupsPath: cgroupsPathOf(context, container),
    mounts: ociMountsOf(context, container),
    shmPath: shmOf(context, container),
    etcFiles: {
      '/etc/resolv.conf': etc.resolvConf,
      '/etc/hostname': etc.hostname,
      '/etc/hosts': etc.hosts,
    },
    ...devicesOf(context, container),
    deviceNumbers: (path) => files.deviceNumbers(path),
  });
}

/** `user[:group]` by the container's own files. Throws `invalid-argument`. */
export function userOf(
  { files }: Pick<ContainerContext, 'files'>,
  container: LiveContainer,
  rootfsPath: string,
  user: string,
): ProcessUser {
  const groupAdd = container.hostConfig.GroupAdd ?? [];
  const passwd = files.readInRootfs(rootfsPath, '/etc/passwd');
  const group = files.readInRootfs(rootfsPath, '/etc/group');
  const found = resolveUser(user, passwd, group);
  const additionalGids = [...new Set([...found.additionalGids, ...resolveGroups(groupAdd, group)])];
  return { ...found, additionalGids };
}

function seccompOf(
  { machine, settings }: ContainerContext,
  isPrivileged: boolean,
  wish: ReturnType<typeof parseSecurityOptions>['seccomp'],
  capabilities: readonly string[],
): OciSeccomp | undefined {
  if (wish === 'unconfined' || isPrivileged) return undefined;
  const facts = {
    architecture: machine.goArchitecture,
    capabilities,
    kernelVersion: machine.kernelVersion,
  };
  if (wish !== 'default') return resolveSeccomp(facts, wish);
  if (settings.seccompProfile === 'unconfined') return undefined;
  return settings.seccompProfile === ''
    ? resolveSeccomp(facts)
    : resolveSeccomp(facts, parseSeccompProfile(settings.seccompProfile));
}

/** A container in the pid namespace of others has their init already. */
function initOf({ settings, files }: ContainerContext, hostConfig: HostConfig): string | undefined {
  if (!(hostConfig.Init ?? false) || hostConfig.PidMode !== '') return undefined;
  const path = settings.initPaths.find((candidate) => files.existsOnHost(candidate));
  if (path !== undefined) return path;
  throw new EngineError(
    'unavailable',
    'no init program found for --init: install tini or catatonit, or set --init-path',
  );
}

/** Of `container:<name>`: the namespace of its first process. */
function sharedNamespace(
  { store }: ContainerContext,
  mode: string,
  kind: 'pid' | 'ipc',
): string | undefined {
  const name = containerOf(mode);
  if (name === undefined) return undefined;
  const other = store.find(name);
  if (other.restarting)
    throw new EngineError(
      'conflict',
      `failed to join ${kind.toUpperCase()} namespace: container ${other.id} is restarting, wait until the container is running`,
    );
  if (!hasProcess(other.state))
    throw new EngineError(
      'conflict',
      `failed to join ${kind.toUpperCase()} namespace: container ${other.id} is not running`,
    );
  return `/proc/${other.pid}/ns/${kind}`;
}

/** Where /dev/shm is shared, on the host; undefined for a container with one of its own. */
function shmOf({ store, files }: ContainerContext, container: LiveContainer): string | undefined {
  const { IpcMode, ShmSize } = container.hostConfig;
  if (hasOwnShm(container)) return undefined;
  if (IpcMode === 'shareable') return files.makeShm(container.id, ShmSize);
  const name = containerOf(IpcMode);
  if (name === undefined) return undefined;
  const donor = ipcDonor(store, name);
  if (donor === undefined) return '/dev/shm';
  if (donor.hostConfig.IpcMode === 'shareable' && !hasOwnShm(donor)) return files.shmOf(donor.id);
  throw new EngineError(
    'invalid-argument',
    `failed to join IPC namespace: container ${name}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`,
  );
}

function hasOwnShm({ definition }: LiveContainer): boolean {
  return definition.mounts.some(({ destination }) => destination === '/dev/shm');
}

/** The container whose IPC namespace it is in the end; undefined for the host's. */
function ipcDonor(store: ContainerContext['store'], name: string): LiveContainer | undefined {
  const container = store.find(name);
  const { IpcMode } = container.hostConfig;
  const next = containerOf(IpcMode);
  if (next !== undefined) return ipcDonor(store, next);
  return IpcMode === 'host' ? undefined : container;
}

function devicesOf({ files }: ContainerContext, { hostConfig }: LiveContainer) {
  const asked = hostConfig.Devices.flatMap(({ PathOnHost, PathInContainer, CgroupPermissions }) =>
    files
      .devicesAt(PathOnHost, PathInContainer || PathOnHost)
      .map((device) => ({ device, access: CgroupPermissions || 'rwm' })),
  );
  const own = asked.map(({ device }) => device);
  if (hostConfig.Privileged) {
    const named = new Set(own.map(({ path }) => path));
    const all = files.hostDevices().filter(({ path }) => !named.has(path));
    return { devices: [...all, ...own], deviceRules: [] };
  }
  const rules: OciDeviceRule[] = [
    ...asked.map(({ device: { type, major, minor }, access }) => ({
      allow: true,
      type,
      major,
      minor,
      access,
    })),
    ...(hostConfig.DeviceCgroupRules ?? []).map(parseDeviceRule),
  ];
  return { devices: own, deviceRules: rules };
}
