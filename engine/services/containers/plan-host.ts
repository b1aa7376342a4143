/**
 * What a host configuration comes to on this machine: names of containers, networks, runtimes and
 * volumes looked up, and everything found out that only the start would find impossible. Nothing is
 * made.
 */
import type { ContainerConfig, HostConfig, NetworkingConfig } from '../../contract/containers.ts';
import { EngineError, hasCode } from '../../contract/errors.ts';
import { resolveCapabilities } from '../../formats/capabilities.ts';
import type { MountSpec } from '../../formats/mount-spec.ts';
import { planPorts } from '../../formats/port-spec.ts';
import { planRlimits } from '../../formats/ulimits.ts';
import { fillHostConfig } from './create-config.ts';
import type { ContainerDefinition, EndpointWish } from './container-record.ts';
import { canLowerOomScore, containerOf, type ContainerContext } from './context.ts';
import { lookUpForCreate } from './create-lookup.ts';
import { resolveLinks } from './links.ts';
import { checkMounts, planContainerMounts } from './mounts.ts';

export interface PlannedHost {
  readonly hostConfig: HostConfig;
  readonly mounts: readonly MountSpec[];
  readonly links: NonNullable<ContainerDefinition['links']>;
  readonly endpoint: EndpointWish;
  readonly warnings: readonly string[];
}

/** `config` has the image's values. Throws for what cannot be. */
export function planHost(
  context: ContainerContext,
  config: ContainerConfig,
  asked: HostConfig,
  networking: NetworkingConfig,
  options: { readonly isReadOnlyRecursive?: boolean } = {},
): PlannedHost {
  const hostConfig = nameByIds(context, asked);
  const endpoint = endpointOf(hostConfig.NetworkMode, networking, config.MacAddress);
  checkEarly(context, config.ExposedPorts, hostConfig, endpoint);
  const mounts = planContainerMounts(context, config, hostConfig, options);
  checkMounts(context, mounts);
  return {
    hostConfig,
    mounts,
    links: resolveLinks(context, hostConfig),
    endpoint,
    warnings: clampWarnings(context, hostConfig),
  };
}

/** The request over the engine's defaults. */
export function hostDefaultsOver(
  { runtimes, cgroups, settings }: ContainerContext,
  request: HostConfig,
): HostConfig {
  return fillHostConfig(request, {
    runtime: runtimes.defaultName,
    cgroupVersion: cgroups.version,
    logDriver: settings.defaultLogDriver,
    logOptions: settings.defaultLogOptions,
    shmSizeBytes: settings.defaultShmSizeBytes,
    extraMaskedPaths: settings.extraMaskedPaths,
  });
}

/** `container:web` → `container:<id>`, so that a rename changes nothing. */
function nameByIds({ store }: ContainerContext, hostConfig: HostConfig): HostConfig {
  const byId = (mode: string) => {
    const name = containerOf(mode);
    if (name === undefined) return mode;
    return `container:${lookUpForCreate(() => store.find(name)).id}`;
  };
  const { NetworkMode, PidMode, IpcMode } = hostConfig;
  return {
    ...hostConfig,
    NetworkMode: byId(NetworkMode),
    PidMode: byId(PidMode),
    IpcMode: byId(IpcMode),
  };
}

/** What the engine itself has too little of to hand on. */
function clampWarnings({ settings }: ContainerContext, hostConfig: HostConfig): string[] {
  const { lowered } = planRlimits(hostConfig.Ulimits, settings.defaultUlimits, settings.hardLimits);
  const { OomScoreAdj } = hostConfig;
  if (OomScoreAdj >= 0 || canLowerOomScore(settings)) return [...lowered];
  return [
    ...lowered,
    `OOM score ${OomScoreAdj} is raised to 0, since the engine lacks CAP_SYS_RESOURCE`,
  ];
}

/** Throws for wishes that only the start would find impossible. */
function checkEarly(
  context: ContainerContext,
  exposed: ContainerConfig['ExposedPorts'],
  hostConfig: HostConfig,
  { ipv4Address }: EndpointWish,
): void {
  const { CapAdd, CapDrop, Privileged, NetworkMode, PortBindings, Runtime } = hostConfig;
  resolveCapabilities(
    { add: CapAdd ?? [], drop: CapDrop ?? [], privileged: Privileged },
    context.settings.capabilities,
  );
  planPorts(PortBindings, Object.keys(exposed ?? {}), hostConfig.PublishAllPorts);
  context.runtimes.find(Runtime);
  if (containerOf(NetworkMode) === undefined) checkNetwork(context, NetworkMode, ipv4Address);
}

/**
 * A network that is not there may be at the start, which is what dockerd leaves it to: and "not found"
 * at create would tell clients that the image is missing.
 */
function checkNetwork({ networks }: ContainerContext, mode: string, ipv4Address: string): void {
  try {
    networks.resolve(mode, { ...(ipv4Address !== '' && { ipv4Address }) });
  } catch (error) {
    if (!hasCode(error, 'not-found')) throw error;
  }
}

function endpointOf(
  networkMode: string,
  { EndpointsConfig: endpoints }: NetworkingConfig,
  macAddress: string | undefined,
): EndpointWish {
  const settings = endpoints[networkMode] ?? Object.values(endpoints)[0] ?? {};
  const mac = settings?.MacAddress || (macAddress ?? '');
  if (mac !== '' && !/^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i.test(mac))
    throw new EngineError('invalid-argument', `invalid MAC address: ${mac}`);
  const ipam = settings?.IPAMConfig as { IPv4Address?: string } | null | undefined;
  return {
    macAddress: mac,
    ipv4Address: ipam?.IPv4Address ?? '',
    aliases: settings?.Aliases ?? [],
  };
}
