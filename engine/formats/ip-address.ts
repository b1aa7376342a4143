/**
 * IPv4 addresses and subnets as numbers, IPv6 addresses as text. Pure; no name is ever looked up.
 * Sources: RFC 791 (IPv4), RFC 4632 (CIDR), RFC 5952 (text form of IPv6).
 */
import { EngineError } from '../contract/errors.ts';

/** `10.1.2.3` → its 32 bits as an unsigned number; undefined for anything but four plain octets. */
export function ipv4ToNumber(text: string): number | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return undefined;
  const octets = text.split('.').map(Number);
  if (octets.some((octet) => octet > 255)) return undefined;
  return octets.reduce((number, octet) => number * 256 + octet, 0);
}

/** The inverse of `ipv4ToNumber`. */
export function numberToIpv4(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');
}

/** The four bytes of an address in network order; throws `invalid-argument` for anything else. */
export function ipv4Bytes(text: string): Buffer {
  const number = ipv4ToNumber(text);
  if (number === undefined) throw new EngineError('invalid-argument', `invalid IPv4: ${text}`);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
}

/** The canonical text of an IPv6 address without its zone, or undefined when it is none. */
export function canonicalIpv6(text: string): string | undefined {
  const [address = ''] = text.split('%', 1);
  if (!/^[0-9a-fA-F:.]+$/.test(address) || !address.includes(':')) return undefined;
  try {
    return new URL(`http://[${address}]`).hostname.slice(1, -1);
  } catch {
    return undefined;
  }
}

/** 4 or 6 for an address, undefined for any other text. */
export function ipVersionOf(text: string): 4 | 6 | undefined {
  if (ipv4ToNumber(text) !== undefined) return 4;
  return canonicalIpv6(text) === undefined ? undefined : 6;
}

export function isLoopback(address: string): boolean {
  return address.startsWith('127.') ? ipVersionOf(address) === 4 : canonicalIpv6(address) === '::1';
}

/** An IPv4 subnet; `address` has its host bits cleared. */
export interface Subnet {
  readonly address: number;
  readonly prefixLength: number;
}

/** `172.17.0.1/16` → the subnet `172.17.0.0/16`; throws `invalid-argument`. */
export function parseSubnet(text: string): Subnet {
  const [addressText = '', lengthText = '', ...rest] = text.split('/');
  const address = ipv4ToNumber(addressText);
  const prefixLength = /^\d{1,2}$/.test(lengthText) ? Number(lengthText) : 33;
  if (address === undefined || prefixLength > 32 || rest.length > 0)
    throw new EngineError('invalid-argument', `invalid CIDR address: ${text}`);
  return { address: address - (address % sizeOf({ address, prefixLength })), prefixLength };
}

export function formatSubnet(subnet: Subnet): string {
  return `${numberToIpv4(subnet.address)}/${subnet.prefixLength}`;
}

/** How many addresses the subnet spans, its network and broadcast addresses included. */
export function sizeOf(subnet: Subnet): number {
  return 2 ** (32 - subnet.prefixLength);
}

export function contains(subnet: Subnet, address: number): boolean {
  return address >= subnet.address && address < subnet.address + sizeOf(subnet);
}

/** True when the two share an address. */
export function overlap(a: Subnet, b: Subnet): boolean {
  return contains(a, b.address) || contains(b, a.address);
}

/** The MAC address Docker gives the holder of an IPv4 address: `02:42:` and the four octets. */
export function macOfIpv4(address: string): string {
  return [
    '02',
    '42',
    ...[...ipv4Bytes(address)].map((byte) => byte.toString(16).padStart(2, '0')),
  ].join(':');
}

/** `02:42:ac:11:00:02` → six bytes; throws `invalid-argument`. */
export function macBytes(text: string): Buffer {
  if (!/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(text))
    throw new EngineError('invalid-argument', `invalid MAC address: ${text}`);
  return Buffer.from(text.replaceAll(/[:-]/g, ''), 'hex');
}
