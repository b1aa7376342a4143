/**
 * The packet filter of one engine, as text for `nft -f`: one table with everything in it. Pure.
 *
 * A published port is an element of one of two maps, so that publishing changes data and no rule:
 * `ports` (protocol . port → container) for all addresses of the host, and `ports_at`
 * (protocol . address . port → container) for one of them. Applying the text again replaces the
 * rules in one transaction and keeps the elements.
 * Source: nft(8); each rule below says which path needs it.
 */

export const PORTS_MAP = 'ports';
export const PORTS_AT_MAP = 'ports_at';

export interface FilteredNetwork {
  readonly bridgeName: string;
  /** CIDR. */
  readonly subnet: string;
}

/** The whole table for these networks. */
export function nftRules(table: string, networks: readonly FilteredNetwork[]): string {
  const lines = [
    `add table ip ${table}`,
    `add map ip ${table} ${PORTS_MAP} { type inet_proto . inet_service : ipv4_addr . inet_service; }`,
    `add map ip ${table} ${PORTS_AT_MAP} { type inet_proto . ipv4_addr . inet_service : ipv4_addr . inet_service; }`,
    `add chain ip ${table} published`,
    `add chain ip ${table} raw { type filter hook prerouting priority -300; policy accept; }`,
    `add chain ip ${table} prerouting { type nat hook prerouting priority -100; policy accept; }`,
    `add chain ip ${table} output { type nat hook output priority -100; policy accept; }`,
    `add chain ip ${table} postrouting { type nat hook postrouting priority 100; policy accept; }`,
    `add chain ip ${table} forward { type filter hook forward priority 0; policy accept; }`,
    `flush table ip ${table}`,
    ...rules(networks).map((rule) => `add rule ip ${table} ${rule}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** A published port as the maps hold it. */
export interface MappedPort {
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  /** `0.0.0.0` for all. */
  readonly hostAddress: string;
  readonly hostPort: number;
  readonly containerAddress: string;
  readonly containerPort: number;
}

/** Makes the maps hold these ports and no others, for the same transaction as the rules. */
export function nftElements(table: string, ports: readonly MappedPort[]): string {
  const lines = [PORTS_MAP, PORTS_AT_MAP].map((map) => `flush map ip ${table} ${map}`);
  for (const port of ports) {
    const isEverywhere = port.hostAddress === '0.0.0.0';
    const key = [
      port.protocol,
      ...(isEverywhere ? [] : [port.hostAddress]),
      String(port.hostPort),
    ].join(' . ');
    const map = isEverywhere ? PORTS_MAP : PORTS_AT_MAP;
    lines.push(
      `add element ip ${table} ${map} { ${key} : ${port.containerAddress} . ${port.containerPort} }`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function rules(networks: readonly FilteredNetwork[]): string[] {
  return [
    `published dnat to meta l4proto . ip daddr . th dport map @${PORTS_AT_MAP}`,
    `published dnat to meta l4proto . th dport map @${PORTS_MAP}`,
    // route_localnet opens 127.0.0.0/8 to what arrives on the bridge: only loopback may go there.
    'raw iifname != "lo" ip daddr 127.0.0.0/8 drop',
    'prerouting fib daddr type local jump published',
    'output fib daddr type local jump published',
    ...networks.flatMap(sourceRules),
    ...networks.flatMap(forwardRules),
  ];
}

function sourceRules({ bridgeName, subnet }: FilteredNetwork): string[] {
  return [
    // Container to container (or itself) by a published port: the answer must come back this way.
    `postrouting ip saddr ${subnet} ip daddr ${subnet} ct status dnat masquerade`,
    // The host to a published port over loopback.
    `postrouting ip saddr 127.0.0.0/8 oifname "${bridgeName}" masquerade`,
    // Containers to the world.
    `postrouting ip saddr ${subnet} oifname != "${bridgeName}" masquerade`,
  ];
}

/** Into a network come its own traffic, answers, and published ports; nothing else. */
function forwardRules({ bridgeName }: FilteredNetwork): string[] {
  return [
    `forward iifname "${bridgeName}" oifname "${bridgeName}" accept`,
    `forward oifname "${bridgeName}" ct state established,related accept`,
    `forward oifname "${bridgeName}" ct status dnat accept`,
    `forward oifname "${bridgeName}" drop`,
  ];
}
