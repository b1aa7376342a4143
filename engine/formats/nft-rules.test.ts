import { expect, it } from 'vitest';
import { nftElements, nftRules } from './nft-rules.ts';

it('nftRules() is one table with maps for ports and four rules into each bridge', () => {
  expect(nftRules('gantry_abc', [{ bridgeName: 'gantry0', subnet: '172.17.0.0/16' }])).toBe(
    `add table ip gantry_abc
add map ip gantry_abc ports { type inet_proto . inet_service : ipv4_addr . inet_service; }
add map ip gantry_abc ports_at { type inet_proto . ipv4_addr . inet_service : ipv4_addr . inet_service; }
add chain ip gantry_abc published
add chain ip gantry_abc raw { type filter hook prerouting priority -300; policy accept; }
add chain ip gantry_abc prerouting { type nat hook prerouting priority -100; policy accept; }
add chain ip gantry_abc output { type nat hook output priority -100; policy accept; }
add chain ip gantry_abc postrouting { type nat hook postrouting priority 100; policy accept; }
add chain ip gantry_abc forward { type filter hook forward priority 0; policy accept; }
flush table ip gantry_abc
add rule ip gantry_abc published dnat to meta l4proto . ip daddr . th dport map @ports_at
add rule ip gantry_abc published dnat to meta l4proto . th dport map @ports
add rule ip gantry_abc raw iifname != "lo" ip daddr 127.0.0.0/8 drop
add rule ip gantry_abc prerouting fib daddr type local jump published
add rule ip gantry_abc output fib daddr type local jump published
add rule ip gantry_abc postrouting ip saddr 172.17.0.0/16 ip daddr 172.17.0.0/16 ct status dnat masquerade
add rule ip gantry_abc postrouting ip saddr 127.0.0.0/8 oifname "gantry0" masquerade
add rule ip gantry_abc postrouting ip saddr 172.17.0.0/16 oifname != "gantry0" masquerade
add rule ip gantry_abc forward iifname "gantry0" oifname "gantry0" accept
add rule ip gantry_abc forward oifname "gantry0" ct state established,related accept
add rule ip gantry_abc forward oifname "gantry0" ct status dnat accept
add rule ip gantry_abc forward oifname "gantry0" drop
`,
  );
});

it('nftElements() replaces what the maps hold', () => {
  const port = { containerAddress: '172.17.0.2', containerPort: 80 };
  expect(
    nftElements('gantry_abc', [
      { ...port, protocol: 'tcp', hostAddress: '0.0.0.0', hostPort: 8080 },
      { ...port, protocol: 'udp', hostAddress: '127.0.0.1', hostPort: 53 },
    ]),
  ).toBe(`flush map ip gantry_abc ports
flush map ip gantry_abc ports_at
add element ip gantry_abc ports { tcp . 8080 : 172.17.0.2 . 80 }
add element ip gantry_abc ports_at { udp . 127.0.0.1 . 53 : 172.17.0.2 . 80 }
`);
});
