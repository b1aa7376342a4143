/**
 * Where to look for a repository, in order: mirrors for Docker Hub, then the registry itself; HTTPS
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

export interface RegistrySettings {
  /** For docker.io: `http://host:port`, tried in this order. */
  readonly mirrors: readonly string[];
  /** `host`, `host:port`, or a CIDR of addresses. */
  readonly insecure: readonly string[];
}

const DOCKER_HUB = 'docker.io';
const DOCKER_HUB_HOST = 'registry-1.docker.io';

/** Endpoints for a registry's domain, best first. */
export function endpointsOf(domain: string, settings: RegistrySettings): Endpoint[] {
  if (domain === DOCKER_HUB)
    return [
      ...settings.mirrors.map((mirror) => mirrorEndpoint(mirror, settings)),
      { base: `https://${DOCKER_HUB_HOST}`, isInsecure: false, isMirror: false },
    ];
  const isInsecure = isInsecureHost(domain, settings.insecure);
  const secure = { base: `https://${domain}`, isInsecure, isMirror: false };
  return isInsecure
    ? [secure, { base: `http://${domain}`, isInsecure, isMirror: false }]
    : [secure];
}

function mirrorEndpoint(mirror: string, settings: RegistrySettings): Endpoint {
  const base = mirror.replace(/\/+$/, '');
  const host = URL.parse(base)?.host ?? '';
  return { base, isInsecure: isInsecureHost(host, settings.insecure), isMirror: true };
}

/** True for hosts that may be reached without a trusted certificate. */
export function isInsecureHost(hostAndPort: string, insecure: readonly string[]): boolean {
  const host = hostOf(hostAndPort);
  if (host === 'localhost' || insecure.includes(hostAndPort) || insecure.includes(host))
    return true;
  const family = isIP(host);
  if (family === 0) return false;
  const list = new BlockList();
  list.addSubnet('127.0.0.0', 8, 'ipv4');
  list.addAddress('::1', 'ipv6');
  for (const entry of insecure) addSubnet(list, entry);
  return list.check(host, family === 6 ? 'ipv6' : 'ipv4');
}

function addSubnet(list: BlockList, entry: string): void {
  const [address = '', prefix = ''] = entry.split('/');
  const family = isIP(address);
  if (family === 0 || !/^\d{1,3}$/.test(prefix)) return;
  list.addSubnet(address, Number(prefix), family === 6 ? 'ipv6' : 'ipv4');
}

function hostOf(hostAndPort: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(hostAndPort)?.[1];
  return bracketed ?? hostAndPort.replace(/:\d+$/, '');
}
