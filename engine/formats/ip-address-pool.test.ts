import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressPool, chooseSubnet, DEFAULT_POOL_RANGES } from './ip-address-pool.ts';
import { formatSubnet, numberToIpv4, overlap, parseSubnet } from './ip-address.ts';

function choose(...occupied: string[]): string | undefined {
  const subnet = chooseSubnet(DEFAULT_POOL_RANGES, occupied.map(parseSubnet));
  return subnet && formatSubnet(subnet);
}

describe('AddressPool', () => {
  it('gives every address of its subnet once, and then says that there is none', () => {
    const pool = new AddressPool(parseSubnet('10.0.0.0/29'), '10.0.0.1');
    const given = Array.from({ length: 5 }, () => pool.take());
    expect(given).toEqual(['10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5', '10.0.0.6']);
    expect(() => pool.take()).toThrow('no available IPv4 addresses');
  });

  it('reuses an address only after all others had their turn', () => {
    const pool = new AddressPool(parseSubnet('10.0.0.0/29'), '10.0.0.1');
    pool.release(pool.take());
    expect(pool.take()).toBe('10.0.0.3');
    for (const next of ['10.0.0.4', '10.0.0.5', '10.0.0.6', '10.0.0.2'])
      expect(pool.take()).toBe(next);
  });

  it('refuses to give a taken address, its own ones, and those of other subnets', () => {
    const pool = new AddressPool(parseSubnet('10.0.0.0/24'), '10.0.0.1');
    expect(pool.claim('10.0.0.9')).toBe(true);
    for (const address of ['10.0.0.9', '10.0.0.0', '10.0.0.1', '10.0.0.255', '10.0.1.2', 'x'])
      expect(pool.claim(address)).toBe(false);
  });

  it('never gives one address to two holders, whatever the order of things', () => {
    const step = fc.oneof(
      fc.constant({ kind: 'take' as const, last: 0 }),
      fc.record({
        kind: fc.constantFrom('release' as const, 'claim' as const),
        last: fc.nat({ max: 15 }),
      }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const pool = new AddressPool(parseSubnet('10.0.0.0/28'), '10.0.0.1');
        const held = new Set<string>();
        for (const { kind, last } of steps) {
          const address = numberToIpv4(0x0a000000 + last);
          if (kind === 'release' && held.delete(address)) pool.release(address);
          if (kind === 'claim' && pool.claim(address)) hold(held, address);
          if (kind === 'take' && held.size < 13) hold(held, pool.take());
        }
      }),
    );
  });
});

function hold(held: Set<string>, address: string): void {
  expect(held.has(address)).toBe(false);
  expect(['10.0.0.0', '10.0.0.1', '10.0.0.15']).not.toContain(address);
  held.add(address);
}

describe('chooseSubnet()', () => {
  it('begins where Docker does and goes round what is in use', () => {
    expect(choose()).toBe('172.17.0.0/16');
    expect(choose('172.17.5.0/24', '172.18.0.0/16')).toBe('172.19.0.0/16');
    expect(choose('172.16.0.0/12')).toBe('192.168.0.0/20');
    expect(choose('172.16.0.0/12', '192.168.1.0/24')).toBe('192.168.16.0/20');
    expect(choose('0.0.0.0/1', '128.0.0.0/1')).toBeUndefined();
  });

  it('never chooses one that overlaps', () => {
    const occupied = fc.array(
      fc
        .tuple(fc.integer({ min: 0xac100000, max: 0xac1fffff }), fc.integer({ min: 14, max: 32 }))
        .map(([bits, length]) => parseSubnet(`${numberToIpv4(bits)}/${length}`)),
    );
    fc.assert(
      fc.property(occupied, (subnets) => {
        const chosen = chooseSubnet(DEFAULT_POOL_RANGES, subnets);
        expect(chosen && subnets.some((subnet) => overlap(subnet, chosen))).toBe(false);
      }),
    );
  });
});
