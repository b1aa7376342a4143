/**
 * Which proxy a request goes through. Pure.
 * Source: Go `golang.org/x/net/http/httpproxy`, whose rules dockerd follows; dockerd reference, "proxies".
 */
import { BlockList, isIP } from 'node:net';

export interface ProxySettings {
  /** For `http:` addresses: `http://user:password@host:port`; empty is none. */
  readonly http: string;
  /** For `https:` addresses. */
  readonly https: string;
  /** Hosts that are reached directly, as `NO_PROXY` lists them. */
  readonly none: string;
}

export const NO_PROXIES: ProxySettings = { http: '', https: '', none: '' };

/** The proxy for an address, or undefined for a direct connection. */
export function proxyFor(url: URL, settings: ProxySettings): string | undefined {
  const proxy = url.protocol === 'https:' ? settings.https : settings.http;
  if (proxy === '') return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  if (isLoopback(host)) return undefined;
  const exceptions = settings.none.split(',').map((entry) => entry.trim().toLowerCase());
  if (exceptions.some((entry) => isException(entry, host, port))) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

/** One entry of `NO_PROXY`: `*`, an address, a CIDR, `host[:port]`, `.domain` or `*.domain`. */
function isException(entry: string, host: string, port: string): boolean {
  if (entry === '') return false;
  if (entry === '*') return true;
  if (entry.includes('/')) return isWithin(host, entry);
  const [, name = '', onlyPort] = /^(\[[^\]]*\]|[^:]*|[0-9a-f:]*)(?::(\d+))?$/.exec(entry) ?? [];
  if (onlyPort !== undefined && onlyPort !== port) return false;
  const plain = name.replace(/^\[|\]$/g, '');
  if (isIP(plain) > 0) return plain === host;
  // A leading dot leaves the domain itself out.
  const domain = plain.replace(/^\*(?=\.)/, '');
  if (domain.startsWith('.')) return host.endsWith(domain);
  return host === domain || host.endsWith(`.${domain}`);
}

function isWithin(host: string, cidr: string): boolean {
  const [address = '', prefix = ''] = cidr.split('/');
  const family = isIP(address);
  const bits = family === 6 ? 128 : 32;
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(prefix) || Number(prefix) > bits)
    return false;
  const kind = family === 6 ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addSubnet(address, Number(prefix), kind);
  return list.check(host, kind);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
