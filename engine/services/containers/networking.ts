/** A container's place in its network: sandbox, published ports, and the files in /etc that name it. */
import { EngineError, hasCode } from '../../contract/errors.ts';
import type { PublishedPort, Sandbox, SandboxRequest } from '../../drivers/network.ts';
import {
  hostnameFile,
  hostsFile,
  RESOLV_CONF,
  RESOLV_CONF_BEHIND_STUB,
  resolvConfFile,
  usesLocalStub,
} from '../../formats/etc-files.ts';
import { planPorts, type PortWish } from '../../formats/port-spec.ts';
import { containerOf, type ContainerContext } from './context.ts';
import { linkHostsOf } from './links.ts';
import type { LiveContainer } from './live-container.ts';
import { hasProcess } from './state.ts';

export interface Joined {
  /** Undefined when the network is another container's. */
  readonly request: SandboxRequest | undefined;
  readonly sandbox: Sandbox;
}

const NO_PORTS: readonly PublishedPort[] = [];

/** The container whose network it has: its own, or that of `container:<name>`. */
export function networkOwner(
  { store }: Pick<ContainerContext, 'store'>,
  container: LiveContainer,
): LiveContainer {
  const other = containerOf(container.hostConfig.NetworkMode);
  return other === undefined ? container : store.find(other);
}

/** Gives the container its sandbox. Ranges of host ports are tried from their low end. */
export async function joinNetwork(
  context: ContainerContext,
  container: LiveContainer,
): Promise<Joined> {
  const other = networkOwner(context, container);
  if (other !== container) {
    if (!hasProcess(other.state))
      throw new EngineError(
        'conflict',
        `cannot join network of a non running container: ${other.id}`,
      );
    const sandbox = {
      namespacePath: `/proc/${other.pid}/ns/net`,
      ports: NO_PORTS,
      reservedSockets: [],
    };
    return { request: undefined, sandbox };
  }
  const { NetworkDisabled: isDisabled } = container.config;
  const network = context.networks.resolve(isDisabled ? 'none' : container.hostConfig.NetworkMode);
  const { macAddress, ipv4Address } = container.definition.endpoint;
  const wishes = network.driver === 'bridge' ? wishedPorts(container) : [];
  const base = {
    containerId: container.id,
    containerName: container.name,
    network,
    ...(macAddress !== '' && { macAddress }),
    ...(ipv4Address !== '' && { ipv4Address }),
  };
  for (let attempt = 0; ; attempt++) {
    const request = { ...base, ports: wishes.map((wish) => choose(wish, attempt)) };
    try {
      return { request, sandbox: await context.network.attach(request) };
    } catch (error) {
      const hasMore = wishes.some(({ hostPorts }) => hostPorts.length > attempt + 1);
      if (!hasCode(error, 'conflict') || !hasMore) throw networkFailure(error);
    }
  }
}

function wishedPorts({ config, hostConfig }: LiveContainer): PortWish[] {
  const exposed = Object.keys(config.ExposedPorts ?? {});
  return planPorts(hostConfig.PortBindings, exposed, hostConfig.PublishAllPorts);
}

function choose({ hostPorts, ...wish }: PortWish, attempt: number): PublishedPort {
  return { ...wish, hostPort: hostPorts[Math.min(attempt, hostPorts.length - 1)] ?? 0 };
}

/** As dockerd words it, so that tools find the reason. */
function networkFailure(error: unknown): unknown {
  if (!(error instanceof EngineError) || error.code !== 'conflict') return error;
  return new EngineError('internal', `failed to set up container networking: ${error.message}`, {
    cause: error,
  });
}

/** Writes hosts, hostname and resolv.conf. */
export function writeEtcFiles(
  context: ContainerContext,
  container: LiveContainer,
  sandbox: Sandbox,
): void {
  const { files, settings } = context;
  const { config, hostConfig } = container;
  if (networkOwner(context, container) !== container) return; // it has the other's
  const isHost = hostConfig.NetworkMode === 'host';
  const pick = (own: readonly string[], fallback: readonly string[]) =>
    own.length > 0 ? own : fallback;
  files.writeEtc(container.id, {
    hosts: hostsFile({
      ...(isHost && { base: files.readHostFile('/etc/hosts') }),
      hostname: config.Hostname,
      domainname: config.Domainname,
      ...(sandbox.endpoint && {
        ipv4Address: sandbox.endpoint.ipv4Address,
        hostGateway: sandbox.endpoint.gateway,
      }),
      extraHosts: hostConfig.ExtraHosts ?? [],
      links: linkHostsOf(context, container),
    }),
    hostname: hostnameFile(config.Hostname),
    resolvConf: resolvConfFile({
      host: hostResolvConf(context),
      dns: pick(hostConfig.Dns, settings.dns),
      dnsSearch: pick(hostConfig.DnsSearch, settings.dnsSearch),
      dnsOptions: pick(hostConfig.DnsOptions, settings.dnsOptions),
      hostNetwork: isHost,
    }),
  });
}

function hostResolvConf({ files }: ContainerContext): string {
  const text = files.readHostFile(RESOLV_CONF);
  return usesLocalStub(text) ? files.readHostFile(RESOLV_CONF_BEHIND_STUB) || text : text;
}
