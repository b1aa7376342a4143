/**
 * The bridge interface of a network on the host: which subnet it gets, and making it.
 *
 * Once the bridge is up with its address, the host has a route for the subnet: that is what keeps a
 * second engine, started a moment later, from choosing the same one.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { EngineError } from '../../contract/errors.ts';
import { parseResolvConf, RESOLV_CONF } from '../../formats/etc-files.ts';
import { chooseSubnet, type AddressPoolRange } from '../../formats/ip-address-pool.ts';
import {
  formatSubnet,
  ipv4ToNumber,
  macOfIpv4,
  numberToIpv4,
  overlap,
  parseSubnet,
  type Subnet,
} from '../../formats/ip-address.ts';
import type { NetlinkSocket } from '../../host/netlink.ts';
import { interfaceIndex } from '../../host/sockets.ts';
import type { NetworkConfig } from '../network.ts';
import {
  addAddress,
  createBridge,
  deleteLink,
  listAddresses,
  listLinks,
  listRoutes,
} from './links.ts';

/** Six hex digits that stand for an engine in the names of interfaces and tables. */
export function engineTagOf(engineId: string): string {
  return createHash('sha256').update(engineId).digest('hex').slice(0, 6);
}

/** A bridge network with everything decided. */
export type BridgeConfig = Required<
  Pick<NetworkConfig, 'bridgeName' | 'subnet' | 'gateway' | 'mtu'>
>;

export const DEFAULT_MTU = 1500;

/** The bridge of a network whose service has chosen name and subnet. */
export function bridgeOf(network: NetworkConfig): BridgeConfig {
  const { bridgeName, subnet, gateway, mtu = DEFAULT_MTU } = network;
  if (bridgeName === undefined || subnet === undefined || gateway === undefined)
    throw new EngineError('internal', `network ${network.name} has no bridge address`);
  return { bridgeName, subnet, gateway, mtu };
}

export interface BridgeAddress {
  /** CIDR, `172.17.0.0/16`. */
  readonly subnet: string;
  readonly gateway: string;
}

/** `10.1.0.1/24` (`--bip`) → subnet and gateway; of a bare subnet the gateway is the first address. */
export function parseBridgeAddress(text: string): BridgeAddress {
  const subnet = parseSubnet(text);
  const [addressText = ''] = text.split('/', 1);
  const address = ipv4ToNumber(addressText) ?? 0;
  const gateway = address === subnet.address ? subnet.address + 1 : address;
  return { subnet: formatSubnet(subnet), gateway: numberToIpv4(gateway) };
}

/**
 * The address of the bridge that stands, else a subnet from `ranges` that nothing on this host
 * reaches yet. Throws `unavailable` when every one of them is in use.
 */
export function chooseBridgeAddress(
  socket: NetlinkSocket,
  bridgeName: string,
  ranges: readonly AddressPoolRange[],
): BridgeAddress {
  const index = interfaceIndex(bridgeName);
  const [standing] = index === 0 ? [] : listAddresses(socket, index);
  if (standing) return parseBridgeAddress(`${standing.address}/${standing.prefixLength}`);
  const routes = listRoutes(socket).filter(({ interfaceIndex: at }) => at !== index);
  const all = routes.map(({ destination }) => destination);
  const linked = routes.filter(({ hasGateway }) => !hasGateway).map((route) => route.destination);
  // A VPN may route all of the address space to its gateway: then what counts is what is really near.
  const subnet =
    chooseSubnet(ranges, [...all, ...nameservers()]) ??
    chooseSubnet(ranges, [...linked, ...nameservers()]);
  if (subnet) return parseBridgeAddress(formatSubnet(subnet));
  throw new EngineError(
    'unavailable',
    'all predefined address pools have been fully subnetted or overlap with routes of this host: set --bip or --default-address-pool',
  );
}

/** Name servers are reached by the default route, so no route betrays them. */
function nameservers(): Subnet[] {
  let text = '';
  try {
    text = readFileSync(RESOLV_CONF, 'utf8');
  } catch {
    return []; // a host without one
  }
  return parseResolvConf(text).nameservers.flatMap((server) => {
    const address = ipv4ToNumber(server);
    return address === undefined ? [] : [{ address, prefixLength: 32 }];
  });
}

/**
 * Throws `conflict` when the host is already in a network that the asked-for subnet overlaps: its
 * packets would go to the bridge instead.
 */
export function refuseOverlap(
  socket: NetlinkSocket,
  bridgeName: string,
  bridge: BridgeAddress,
): void {
  const own = interfaceIndex(bridgeName);
  const subnet = parseSubnet(bridge.subnet);
  const other = listRoutes(socket).find(
    (route) =>
      route.interfaceIndex !== own && !route.hasGateway && overlap(route.destination, subnet),
  );
  if (!other) return;
  const link = listLinks(socket).find(({ index }) => index === other.interfaceIndex);
  throw new EngineError(
    'conflict',
    `subnet ${bridge.subnet} of bridge ${bridgeName} overlaps with ${formatSubnet(other.destination)} on ${link?.name ?? 'another interface'}`,
  );
}

/** Makes the bridge, or takes the standing one when its address is this; returns its index. */
export function ensureBridge(socket: NetlinkSocket, bridge: BridgeConfig): number {
  const { bridgeName: name, gateway, mtu } = bridge;
  const standing = interfaceIndex(name);
  if (standing !== 0) {
    if (listAddresses(socket, standing).some(({ address }) => address === gateway)) return standing;
    socket.request([deleteLink(name)]);
  }
  socket.request([createBridge({ name, macAddress: macOfIpv4(gateway), mtu })]);
  const index = interfaceIndex(name);
  socket.request([addAddress(index, gateway, parseSubnet(bridge.subnet).prefixLength)]);
  return index;
}

export function removeBridge(socket: NetlinkSocket, name: string): void {
  if (interfaceIndex(name) !== 0) socket.request([deleteLink(name)]);
}

/**
 * What forwarding to containers needs of the host: routing between interfaces, and, on the bridge
 * alone, packets from 127.0.0.0/8, so that published ports answer on loopback.
 */
export function allowForwarding(bridgeName: string): void {
  const set = (name: string) => writeFileSync(`/proc/sys/net/ipv4/${name}`, '1');
  set('ip_forward');
  set(`conf/${bridgeName}/route_localnet`);
}
