/**
 * Where to look for a repository, in order: the registry's mirrors, then the registry itself; HTTPS
 * first, plain HTTP only for registries that are configured as insecure or are on this machine. Pure.
 * Source: dockerd reference, "insecure-registries" and "registry-mirrors".
 */
import { BlockList, isIP } from 'node:net';

export interface Endpoint {
  /** Without a slash at the end: `https://registry-1.docker.io`. */
  readonly base: string;
  readonly isInsecure: boolean;
  readonly isMirror: boolean;
}

export interface RegistryHosts {
  /** Domain (`docker.io`) → addresses (`http://host:port`), tried in this order. */
  readonly mirrors: Readonly<Record<string, readonly string[]>>;
  /** `host`, `host:port`, or a CIDR of addresses. */
  readonly insecure: readonly string[];
}

export const DOCKER_HUB = 'docker.io';
const DOCKER_HUB_HOST = 'registry-1.docker.io';

/** Endpoints for a registry's domain, best first. */
export function endpointsOf(domain: string, hosts: RegistryHosts): Endpoint[] {
  const mirrors = Object.hasOwn(hosts.mirrors, domain) ? (hosts.mirrors[domain] ?? []) : [];
  return [
    ...mirrors.map((mirror) => mirrorEndpoint(mirror, hosts)),
    ...ownEndpointsOf(domain, hosts),
  ];
}

/** Those of the registry itself, to which alone images are pushed and passwords are shown. */
export function ownEndpointsOf(domain: string, hosts: RegistryHosts): Endpoint[] {
  if (domain === DOCKER_HUB)
    return [{ base: `https://${DOCKER_HUB_HOST}`, isInsecure: false, isMirror: false }];
  const isInsecure = isInsecureHost(domain, hosts.insecure);
  const secure = { base: `https://${domain}`, isInsecure, isMirror: false };
  return isInsecure
    ? [secure, { base: `http://${domain}`, isInsecure, isMirror: false }]
    : [secure];
}

function mirrorEndpoint(mirror: string, hosts: RegistryHosts): Endpoint {
  const base = mirror.replace(/\/+$/, '');
  const host = URL.parse(base)?.host ?? '';
  return { base, isInsecure: isInsecureHost(host, hosts.insecure), isMirror: true };
}

/** True for hosts that may be reached without a trusted certificate: those listed, and this machine. */
export function isInsecureHost(hostAndPort: string, insecure: readonly string[]): boolean {
  return (
    hostOf(hostAndPort) === 'localhost' ||
    isListed(hostAndPort, [...insecure, '127.0.0.0/8', '::1/128'])
  );
}

/** True when a list of hosts and CIDRs has the host. */
export function isListed(hostAndPort: string, list: readonly string[]): boolean {
  const host = hostOf(hostAndPort);
  if (list.includes(hostAndPort) || list.includes(host)) return true;
  const family = isIP(host);
  if (family === 0) return false;
  const subnets = new BlockList();
  for (const entry of list) addSubnet(subnets, entry);
  return subnets.check(host, family === 6 ? 'ipv6' : 'ipv4');
}

function addSubnet(list: BlockList, entry: string): void {
  const [address = '', prefix = ''] = entry.split('/');
  const family = isIP(address);
  const bits = family === 6 ? 128 : 32;
  if (family === 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) return;
  list.addSubnet(address, Number(prefix), family === 6 ? 'ipv6' : 'ipv4');
}

function hostOf(hostAndPort: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(hostAndPort)?.[1];
  return bracketed ?? hostAndPort.replace(/:\d+$/, '');
}
