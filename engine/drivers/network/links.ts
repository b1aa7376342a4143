/**
 * Interfaces, addresses and routes, as messages to the kernel. Functions that return messages are
 * pure; the caller sends several of them as one request.
 * Sources: rtnetlink(7); linux/{rtnetlink,if_link,veth,if_addr}.h.
 */
import {
  attribute,
  attributesOf,
  NLM_F,
  text,
  u32,
  u8,
  type NetlinkMessage,
  type NetlinkSocket,
} from '../../host/netlink.ts';
import { ipv4Bytes, macBytes, numberToIpv4, type Subnet } from '../../formats/ip-address.ts';

const RTM = {
  NEWLINK: 16,
  DELLINK: 17,
  GETLINK: 18,
  NEWADDR: 20,
  GETADDR: 22,
  NEWROUTE: 24,
  GETROUTE: 26,
};
const IFLA = {
  ADDRESS: 1,
  IFNAME: 3,
  MTU: 4,
  MASTER: 10,
  LINKINFO: 18,
  NET_NS_FD: 28,
};
const INFO = { KIND: 1, DATA: 2, SLAVE_KIND: 4, SLAVE_DATA: 5 };
const AF_INET = 2;
const IFF_UP = 1;
const CREATE = NLM_F.ACK | NLM_F.CREATE | NLM_F.EXCL;

/** struct ifinfomsg; `up` sets the interface up in the same message. */
function linkHeader(index: number, up: boolean): Buffer {
  const header = Buffer.alloc(16);
  header.writeInt32LE(index, 4);
  header.writeUInt32LE(up ? IFF_UP : 0, 8);
  header.writeUInt32LE(up ? IFF_UP : 0, 12);
  return header;
}

export interface VethPair {
  readonly hostName: string;
  /** Index of the bridge that the host's end joins. */
  readonly bridgeIndex: number;
  readonly mtu: number;
  /** The container's end: its name, MAC address, and an open descriptor of its network namespace. */
  readonly containerName: string;
  readonly macAddress: string;
  readonly namespaceFd: number;
}

/** Both ends made and down, the container's in its namespace: a veth cannot go up before its peer is there. */
export function createVeth(pair: VethPair): NetlinkMessage {
  const VETH_INFO_PEER = 1;
  const peer = Buffer.concat([
    linkHeader(0, false),
    attribute(IFLA.IFNAME, text(pair.containerName)),
    attribute(IFLA.ADDRESS, macBytes(pair.macAddress)),
    attribute(IFLA.MTU, u32(pair.mtu)),
    attribute(IFLA.NET_NS_FD, u32(pair.namespaceFd)),
  ]);
  const body = Buffer.concat([
    linkHeader(0, false),
    attribute(IFLA.IFNAME, text(pair.hostName)),
    attribute(IFLA.MTU, u32(pair.mtu)),
    attribute(IFLA.MASTER, u32(pair.bridgeIndex)),
    attribute(IFLA.LINKINFO, [
      attribute(INFO.KIND, text('veth')),
      attribute(INFO.DATA, [attribute(VETH_INFO_PEER, peer)]),
    ]),
  ]);
  return { type: RTM.NEWLINK, flags: CREATE, body, subject: `veth ${pair.hostName}` };
}

/**
 * Sets a port of a bridge up, with hairpin: with bridge-nf-call a container that reaches itself by a
 * published port leaves by the port it came.
 */
export function setBridgePortUp(name: string): NetlinkMessage {
  const IFLA_BRPORT_MODE = 4;
  const body = Buffer.concat([
    linkHeader(0, true),
    attribute(IFLA.IFNAME, text(name)),
    attribute(IFLA.LINKINFO, [
      attribute(INFO.SLAVE_KIND, text('bridge')),
      attribute(INFO.SLAVE_DATA, [attribute(IFLA_BRPORT_MODE, u8(1))]),
    ]),
  ]);
  return { type: RTM.NEWLINK, flags: NLM_F.ACK, body, subject: `bridge port ${name}` };
}

/** A bridge with a fixed MAC address, so that it does not change with the ports that come and go. */
export function createBridge(bridge: {
  name: string;
  macAddress: string;
  mtu: number;
}): NetlinkMessage {
  const { name, macAddress, mtu } = bridge;
  return {
    type: RTM.NEWLINK,
    flags: CREATE,
    subject: `bridge ${name}`,
    body: Buffer.concat([
      linkHeader(0, true),
      attribute(IFLA.IFNAME, text(name)),
      attribute(IFLA.ADDRESS, macBytes(macAddress)),
      attribute(IFLA.MTU, u32(mtu)),
      attribute(IFLA.LINKINFO, [attribute(INFO.KIND, text('bridge'))]),
    ]),
  };
}

export function setLinkUp(index: number): NetlinkMessage {
  const body = linkHeader(index, true);
  return { type: RTM.NEWLINK, flags: NLM_F.ACK, body, subject: `link ${index}` };
}

export function deleteLink(name: string): NetlinkMessage {
  const body = Buffer.concat([linkHeader(0, false), attribute(IFLA.IFNAME, text(name))]);
  return { type: RTM.DELLINK, flags: NLM_F.ACK, body, subject: `link ${name}` };
}

/** Gives an interface an address with the broadcast address of its subnet. */
export function addAddress(index: number, address: string, prefixLength: number): NetlinkMessage {
  const IFA = { ADDRESS: 1, LOCAL: 2, BROADCAST: 4 };
  const header = Buffer.alloc(8);
  header.writeUInt8(AF_INET, 0);
  header.writeUInt8(prefixLength, 1);
  header.writeUInt32LE(index, 4);
  const broadcast = Buffer.alloc(4);
  broadcast.writeUInt32BE(
    (ipv4Bytes(address).readUInt32BE() | (2 ** (32 - prefixLength) - 1)) >>> 0,
  );
  const body = Buffer.concat([
    header,
    attribute(IFA.LOCAL, ipv4Bytes(address)),
    attribute(IFA.ADDRESS, ipv4Bytes(address)),
    attribute(IFA.BROADCAST, broadcast),
  ]);
  return { type: RTM.NEWADDR, flags: CREATE, body, subject: `address ${address}` };
}

/** The default route through a gateway. Source: struct rtmsg. */
export function addDefaultRoute(index: number, gateway: string): NetlinkMessage {
  const RTA = { OIF: 4, GATEWAY: 5 };
  const [RT_TABLE_MAIN, RTPROT_BOOT, RT_SCOPE_UNIVERSE, RTN_UNICAST] = [254, 3, 0, 1];
  const header = Buffer.from([
    AF_INET,
    0,
    0,
    0,
    RT_TABLE_MAIN,
    RTPROT_BOOT,
    RT_SCOPE_UNIVERSE,
    RTN_UNICAST,
    0,
    0,
    0,
    0,
  ]);
  const body = Buffer.concat([
    header,
    attribute(RTA.GATEWAY, ipv4Bytes(gateway)),
    attribute(RTA.OIF, u32(index)),
  ]);
  return { type: RTM.NEWROUTE, flags: CREATE, body, subject: `route ${gateway}` };
}

export interface Link {
  readonly index: number;
  readonly name: string;
  /** Index of the bridge it is a port of, or 0. */
  readonly master: number;
}

/** Every interface of the socket's namespace. */
export function listLinks(socket: NetlinkSocket): Link[] {
  const replies = socket.request([
    { type: RTM.GETLINK, flags: NLM_F.DUMP, body: linkHeader(0, false), subject: 'links' },
  ]);
  return replies.map(({ body }) => {
    const attributes = attributesOf(body, 16);
    return {
      index: body.readInt32LE(4),
      name: (attributes.get(IFLA.IFNAME) ?? Buffer.alloc(0)).toString('latin1').replace(/\0$/, ''),
      master: attributes.get(IFLA.MASTER)?.readUInt32LE() ?? 0,
    };
  });
}

/** The IPv4 addresses of one interface, or of all, each with its prefix length. */
export function listAddresses(
  socket: NetlinkSocket,
  index?: number,
): { address: string; prefixLength: number }[] {
  const IFA_LOCAL = 2;
  const request = Buffer.alloc(8);
  request.writeUInt8(AF_INET, 0);
  return socket
    .request([{ type: RTM.GETADDR, flags: NLM_F.DUMP, body: request, subject: 'addresses' }])
    .filter(({ body }) => index === undefined || body.readUInt32LE(4) === index)
    .flatMap(({ body }) => {
      const local = attributesOf(body, 8).get(IFA_LOCAL);
      if (local === undefined) return [];
      return [{ address: numberToIpv4(local.readUInt32BE()), prefixLength: body.readUInt8(1) }];
    });
}

export interface Route {
  readonly destination: Subnet;
  readonly interfaceIndex: number;
  /** Goes to a neighbour's router, so only part of it may be reachable by it. */
  readonly hasGateway: boolean;
}

/** IPv4 routes of the main table but the default one: what the host already reaches. */
export function listRoutes(socket: NetlinkSocket): Route[] {
  const RTA = { DST: 1, OIF: 4, GATEWAY: 5 };
  const MAIN = 254;
  const request = Buffer.alloc(12);
  request.writeUInt8(AF_INET, 0);
  return socket
    .request([{ type: RTM.GETROUTE, flags: NLM_F.DUMP, body: request, subject: 'routes' }])
    .filter(({ body }) => body.readUInt8(4) === MAIN)
    .flatMap(({ body }) => {
      const attributes = attributesOf(body, 12);
      const destination = attributes.get(RTA.DST);
      if (destination === undefined) return [];
      return [
        {
          destination: { address: destination.readUInt32BE(), prefixLength: body.readUInt8(1) },
          interfaceIndex: attributes.get(RTA.OIF)?.readUInt32LE() ?? 0,
          hasGateway: attributes.has(RTA.GATEWAY),
        },
      ];
    });
}
