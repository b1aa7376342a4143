/** `docker inspect`: everything known about a container, in Docker's shape. */
import type { ContainerInspect, Health } from '../../contract/containers.ts';
import type { HealthRecord } from '../health/health-record.ts';
import type { ContainerContext } from './context.ts';
import { linksOf } from './links.ts';
import type { LiveContainer } from './live-container.ts';
import { endpointsOf, networkOf, portMapOf } from './networks-view.ts';
import { parseSecurityOptions } from './security-options.ts';
import { sizesOf } from './sizes.ts';
import { hasProcess, isRunning } from './state.ts';
import { mountPointsOf } from './summary.ts';

/** Go's zero time: it never happened. */
const NEVER = '0001-01-01T00:00:00Z';

export async function inspectContainer(
  context: ContainerContext,
  container: LiveContainer,
  withSize: boolean,
): Promise<ContainerInspect> {
  const { definition, config, hostConfig } = container;
  const [program = '', ...args] = definition.command;
  const etc = context.files.etcOf(container.id);
  return {
    Id: container.id,
    Created: definition.createdAt,
    Path: program,
    Args: args,
    State: stateOf(container),
    Image: container.imageId,
    ResolvConfPath: etc.resolvConf,
    HostnamePath: etc.hostname,
    HostsPath: etc.hosts,
    LogPath: hostConfig.LogConfig.Type === 'none' ? '' : container.logPath,
    Name: `/${container.name}`,
    RestartCount: container.state.restartCount,
    Driver: 'overlay2',
    Platform: 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: parseSecurityOptions(hostConfig.SecurityOpt ?? []).appArmorProfile,
    ExecIDs: context.execIdsOf(container.id),
    HostConfig: { ...hostConfig, Links: linksOf(context, container) ?? hostConfig.Links },
    GraphDriver: { Data: overlayOf(context, container), Name: 'overlay2' },
    ...(withSize && (await sizesOf(context, container))),
    Mounts: mountPointsOf(container),
    Config: config,
    NetworkSettings: networkSettingsOf(container),
  };
}

/** Tools that look into containers from the host go by these. */
function overlayOf(
  { snapshotter }: ContainerContext,
  { id, definition }: LiveContainer,
): Record<string, string> {
  const { rootfs, writable, work, layers } = snapshotter.partsOf(id, definition.layers);
  return { LowerDir: layers.join(':'), MergedDir: rootfs, UpperDir: writable, WorkDir: work };
}

function stateOf(container: LiveContainer): ContainerInspect['State'] {
  const { state } = container;
  return {
    Status: state.status,
    Running: isRunning(state),
    Paused: state.status === 'paused',
    Restarting: state.status === 'restarting',
    OOMKilled: state.wasOomKilled,
    Dead: state.status === 'dead',
    Pid: container.pid,
    ExitCode: hasProcess(state) ? 0 : state.exitCode,
    Error: state.error,
    StartedAt: state.startedAt || NEVER,
    FinishedAt: state.finishedAt || NEVER,
    ...(state.health && { Health: healthOf(state.health) }),
  };
}

function healthOf({ status, failingStreak, log }: HealthRecord): Health {
  const results = log.map(({ start, end, exitCode, output }) => ({
    Start: start,
    End: end,
    ExitCode: exitCode,
    Output: output,
  }));
  return { Status: status, FailingStreak: failingStreak, Log: results };
}

/** The fields beside `Networks` repeat what the default bridge says there. */
function networkSettingsOf(container: LiveContainer): ContainerInspect['NetworkSettings'] {
  const Networks = endpointsOf(container);
  const bridge = Networks['bridge'];
  const network = networkOf(container);
  return {
    Bridge: '',
    SandboxID: network === undefined ? '' : container.id,
    SandboxKey: network?.sandbox.namespacePath ?? '',
    Ports: portMapOf(container),
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: bridge?.EndpointID ?? '',
    Gateway: bridge?.Gateway ?? '',
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    IPAddress: bridge?.IPAddress ?? '',
    IPPrefixLen: bridge?.IPPrefixLen ?? 0,
    IPv6Gateway: '',
    MacAddress: bridge?.MacAddress ?? '',
    Networks,
  };
}
