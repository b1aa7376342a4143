/** A container's network as lists and inspect show it. Pure. */
import type { PortMap } from '../../contract/containers.ts';
import type { ContainerSummary } from '../../contract/summaries.ts';
import type { RunNetwork } from './container-record.ts';
import type { LiveContainer } from './live-container.ts';
import { hasProcess } from './state.ts';

export type EndpointView = ContainerSummary['NetworkSettings']['Networks'][string];
export type PortView = ContainerSummary['Ports'][number];

/** Of the present run. */
export function networkOf(container: LiveContainer): RunNetwork | undefined {
  return hasProcess(container.state) ? container.state.network : undefined;
}

/** By network name; a container that does not run shows the network it will join, or was last on. */
export function endpointsOf(container: LiveContainer): Record<string, EndpointView> {
  const { NetworkMode } = container.hostConfig;
  if (NetworkMode.startsWith('container:')) return {};
  const network = networkOf(container);
  const endpoint = network?.sandbox.endpoint;
  const { aliases, macAddress, ipv4Address } = container.definition.endpoint;
  const name = network?.request.network.name ?? NetworkMode;
  return {
    [name]: {
      IPAMConfig: ipv4Address === '' ? null : { IPv4Address: ipv4Address },
      Links: null,
      Aliases: aliases.length > 0 ? [...aliases] : null,
      MacAddress: endpoint?.macAddress ?? macAddress,
      DriverOpts: null,
      GwPriority: 0,
      NetworkID: container.state.network?.request.network.id ?? '',
      EndpointID: endpoint?.endpointId ?? '',
      Gateway: endpoint?.gateway ?? '',
      IPAddress: endpoint?.ipv4Address ?? '',
      IPPrefixLen: endpoint?.prefixLength ?? 0,
      IPv6Gateway: '',
      GlobalIPv6Address: '',
      GlobalIPv6PrefixLen: 0,
      DNSNames: null,
    },
  };
}

/** Published ports with their addresses, and exposed ones without. */
export function portsOf(container: LiveContainer): PortView[] {
  const network = networkOf(container);
  if (network === undefined) return [];
  const published = network.sandbox.ports.map((port): PortView => ({
    IP: port.hostAddress || '0.0.0.0',
    PrivatePort: port.containerPort,
    PublicPort: port.hostPort,
    Type: port.protocol,
  }));
  const has = (text: string) =>
    published.some(({ PrivatePort, Type }) => `${PrivatePort}/${Type}` === text);
  const exposed = Object.keys(container.config.ExposedPorts ?? {})
    .filter((text) => !has(text))
    .map((text): PortView => {
      const [port = '', protocol = 'tcp'] = text.split('/');
      return { PrivatePort: Number(port), Type: protocol as PortView['Type'] };
    });
  return [...published, ...exposed].toSorted((a, b) => a.PrivatePort - b.PrivatePort);
}

/** As inspect shows it: null for a port that is only exposed. */
export function portMapOf(container: LiveContainer): PortMap {
  const ports: PortMap = {};
  for (const { IP, PrivatePort, PublicPort, Type } of portsOf(container)) {
    const key = `${PrivatePort}/${Type}`;
    if (PublicPort === undefined) ports[key] ??= null;
    else (ports[key] ??= []).push({ HostIp: IP ?? '', HostPort: String(PublicPort) });
  }
  return ports;
}
