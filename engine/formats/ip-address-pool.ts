/**
 * Which addresses and subnets are given out. Pure bookkeeping in memory.
 *
 * An address is handed out again only after every other one of its subnet had its turn: a fresh
 * container never meets the ARP entries, connections and half-removed interfaces of the last holder.
 */
import { EngineError } from '../contract/errors.ts';
import {
  contains,
  formatSubnet,
  ipv4ToNumber,
  numberToIpv4,
  overlap,
  sizeOf,
  type Subnet,
} from './ip-address.ts';

/** The addresses of one subnet; its first and last and the gateway are never given out. */
export class AddressPool {
  private readonly subnet: Subnet;
  private readonly taken = new Set<number>();
  private next: number;

  constructor(subnet: Subnet, gateway: string) {
    this.subnet = subnet;
    this.next = subnet.address + 1;
    this.taken.add(subnet.address);
    this.taken.add(subnet.address + sizeOf(subnet) - 1);
    this.claim(gateway);
  }

  /** The next free address; throws `unavailable` when there is none. */
  take(): string {
    if (this.taken.size >= sizeOf(this.subnet))
      throw new EngineError(
        'unavailable',
        `no available IPv4 addresses on this network's address pools: ${formatSubnet(this.subnet)}`,
      );
    while (this.taken.has(this.next)) this.advance();
    const address = this.next;
    this.taken.add(address);
    this.advance();
    return numberToIpv4(address);
  }

  private advance(): void {
    this.next += 1;
    if (!contains(this.subnet, this.next)) this.next = this.subnet.address;
  }

  /** Takes this very address; false when it is taken or outside the subnet. */
  claim(address: string): boolean {
    const number = ipv4ToNumber(address);
    if (number === undefined || !contains(this.subnet, number) || this.taken.has(number))
      return false;
    this.taken.add(number);
    return true;
  }

  /** Gives an address back; one that was not taken is no error. */
  release(address: string): void {
    this.taken.delete(ipv4ToNumber(address) ?? -1);
  }
}

/** `--default-address-pool base=…,size=…`: subnets of prefix length `size` are cut from `base`. */
export interface AddressPoolRange {
  readonly base: Subnet;
  readonly size: number;
}

/** Docker's own: 172.17.0.0/16 to 172.31.0.0/16, then /20s of 192.168.0.0/16. */
export const DEFAULT_POOL_RANGES: readonly AddressPoolRange[] = [
  ...Array.from({ length: 15 }, (_, index) => ({
    base: { address: 0xac110000 + index * 0x10000, prefixLength: 16 },
    size: 16,
  })),
  { base: { address: 0xc0a80000, prefixLength: 16 }, size: 20 },
];

/** The first subnet of the ranges, in order, that overlaps none of `occupied`; undefined if none does. */
export function chooseSubnet(
  ranges: readonly AddressPoolRange[],
  occupied: readonly Subnet[],
): Subnet | undefined {
  for (const { base, size } of ranges) {
    const step = 2 ** (32 - size);
    for (let offset = 0; offset < sizeOf(base); offset += step) {
      const candidate = { address: base.address + offset, prefixLength: size };
      if (!occupied.some((subnet) => overlap(subnet, candidate))) return candidate;
    }
  }
  return undefined;
}
