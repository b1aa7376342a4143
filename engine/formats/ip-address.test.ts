import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  contains,
  formatSubnet,
  ipv4ToNumber,
  ipVersionOf,
  isLoopback,
  macBytes,
  macOfIpv4,
  numberToIpv4,
  overlap,
  parseSubnet,
  sizeOf,
} from './ip-address.ts';

const address = fc.integer({ min: 0, max: 0xffffffff });
const subnet = fc
  .tuple(address, fc.integer({ min: 0, max: 32 }))
  .map(([bits, length]) => parseSubnet(`${numberToIpv4(bits)}/${length}`));

describe('ipv4ToNumber()', () => {
  it('is undone by numberToIpv4()', () => {
    fc.assert(fc.property(address, (bits) => ipv4ToNumber(numberToIpv4(bits)) === bits));
  });

  it.each(['', '1.2.3', '1.2.3.4.5', '256.1.1.1', '1.2.3.x', '::1', ' 1.2.3.4'])(
    'takes %j for no address',
    (text) => expect(ipv4ToNumber(text)).toBeUndefined(),
  );
});

describe('parseSubnet()', () => {
  it('clears the host bits', () => {
    expect(formatSubnet(parseSubnet('172.17.42.1/16'))).toBe('172.17.0.0/16');
    expect(formatSubnet(parseSubnet('10.0.0.5/32'))).toBe('10.0.0.5/32');
    expect(formatSubnet(parseSubnet('203.0.113.9/0'))).toBe('0.0.0.0/0');
  });

  it('refuses anything else', () => {
    for (const text of ['10.0.0.0', '10.0.0.0/33', '10.0.0/8', '10.0.0.0/8/8', '::/64'])
      expect(() => parseSubnet(text)).toThrow(`invalid CIDR address: ${text}`);
  });
});

describe('overlap()', () => {
  it('means a shared address, either way round', () => {
    fc.assert(
      fc.property(subnet, subnet, (a, b) => {
        const lastOfA = a.address + sizeOf(a) - 1;
        const shared = contains(b, a.address) || contains(b, lastOfA) || contains(a, b.address);
        expect(overlap(a, b)).toBe(shared);
        expect(overlap(b, a)).toBe(shared);
      }),
    );
  });
});

describe('addresses of both versions', () => {
  it('are told apart', () => {
    expect(ipVersionOf('10.0.0.1')).toBe(4);
    expect(ipVersionOf('fe80::1%eth0')).toBe(6);
    expect(ipVersionOf('::ffff:10.0.0.1')).toBe(6);
    for (const text of ['example.org', 'dead:beef', '1:2:3:4:5:6:7:8:9', 'a]b:'])
      expect(ipVersionOf(text)).toBeUndefined();
  });

  it('are known as loopback', () => {
    for (const text of ['127.0.0.1', '127.9.9.9', '::1', '0:0:0:0:0:0:0:1'])
      expect(isLoopback(text)).toBe(true);
    for (const text of ['10.0.0.1', '128.0.0.1', '::', '127.example'])
      expect(isLoopback(text)).toBe(false);
  });
});

describe('MAC addresses', () => {
  it('of containers end in their address', () => {
    expect(macOfIpv4('172.17.0.2')).toBe('02:42:ac:11:00:02');
  });

  it('are refused when they are none', () => {
    expect(macBytes('02-42-AC-11-00-02').toString('hex')).toBe('0242ac110002');
    expect(() => macBytes('02:42:ac:11:00')).toThrow('invalid MAC address: 02:42:ac:11:00');
  });
});
