/**
 * Flows the kernel remembers. NAT is decided by the first packet of a flow alone, so a client that
 * keeps sending UDP to a port from before it was published, or to the container that had it before,
 * would never reach the new one. TCP needs nothing: its clients begin anew.
 * Sources: linux/netfilter/nfnetlink_conntrack.h; a filtered dump needs Linux 5.8.
 */
import { contains, ipv4ToNumber, type Subnet } from '../../formats/ip-address.ts';
import type { MappedPort } from '../../formats/nft-rules.ts';
import { errnoOf } from '../../host/errno.ts';
import { attribute, attributesOf, NLM_F, u32, u8, type NetlinkSocket } from '../../host/netlink.ts';
import { protocolNumber } from '../../host/sockets.ts';

const SUBSYSTEM_CONNTRACK = 1;
const TYPE = { GET: (SUBSYSTEM_CONNTRACK << 8) | 1, DELETE: (SUBSYSTEM_CONNTRACK << 8) | 2 };
const CTA = { TUPLE_ORIGINAL: 1, TUPLE_REPLY: 2, FILTER: 25 };
const TUPLE = { IP: 1, PROTOCOL: 2 };
const IP = { SOURCE: 1, DESTINATION: 2 };
const PROTOCOL = { NUMBER: 1, DESTINATION_PORT: 3 };
const FILTER = { ORIGINAL_FLAGS: 1, REPLY_FLAGS: 2 };
const FILTER_BY = { PROTOCOL_NUMBER: 8, DESTINATION_PORT: 32 };
const AF_INET = 2;
const GENERIC_HEADER = Buffer.from([AF_INET, 0, 0, 0]);

/**
 * Forgets UDP flows to the published port that do not lead to its container: those to one of the
 * host's own addresses, and those to another container of the subnet.
 */
export function forgetStaleFlows(
  socket: NetlinkSocket,
  mapping: MappedPort,
  place: { subnet: Subnet; hostAddresses: ReadonlySet<number> },
): void {
  const target = ipv4ToNumber(mapping.containerAddress);
  for (const tuple of flowsTo(socket, mapping.hostPort)) {
    const { destination, answerer } = tuple;
    const isUntranslated = destination === answerer && place.hostAddresses.has(destination);
    const isForOther = answerer !== target && contains(place.subnet, answerer);
    if (isUntranslated || (isForOther && destination !== answerer))
      forget(socket, tuple.original, mapping.hostPort);
  }
}

interface Flow {
  /** Names the flow to the kernel. */
  readonly original: Buffer;
  /** Where the client sends to, and who answers. */
  readonly destination: number;
  readonly answerer: number;
}

function flowsTo(socket: NetlinkSocket, port: number): Flow[] {
  const portBytes = Buffer.alloc(2);
  portBytes.writeUInt16BE(port);
  const body = Buffer.concat([
    GENERIC_HEADER,
    attribute(CTA.TUPLE_ORIGINAL, [
      attribute(TUPLE.PROTOCOL, [
        attribute(PROTOCOL.NUMBER, u8(protocolNumber('udp'))),
        attribute(PROTOCOL.DESTINATION_PORT, portBytes),
      ]),
    ]),
    attribute(CTA.FILTER, [
      attribute(FILTER.ORIGINAL_FLAGS, u32(FILTER_BY.PROTOCOL_NUMBER | FILTER_BY.DESTINATION_PORT)),
      attribute(FILTER.REPLY_FLAGS, u32(0)),
    ]),
  ]);
  const subject = `flows to port ${port}/udp`;
  return socket.request([{ type: TYPE.GET, flags: NLM_F.DUMP, body, subject }]).flatMap((reply) => {
    const attributes = attributesOf(reply.body, GENERIC_HEADER.length);
    const original = attributes.get(CTA.TUPLE_ORIGINAL);
    const answer = attributes.get(CTA.TUPLE_REPLY);
    if (!original || !answer) return [];
    const destination = addressIn(original, IP.DESTINATION);
    const answerer = addressIn(answer, IP.SOURCE);
    return [{ original, destination, answerer }];
  });
}

function addressIn(tuple: Buffer, which: number): number {
  const ip = attributesOf(tuple).get(TUPLE.IP) ?? Buffer.alloc(0);
  return attributesOf(ip).get(which)?.readUInt32BE() ?? 0;
}

function forget(socket: NetlinkSocket, original: Buffer, port: number): void {
  const body = Buffer.concat([GENERIC_HEADER, attribute(CTA.TUPLE_ORIGINAL, [original])]);
  try {
    const subject = `flow to port ${port}/udp`;
    socket.request([{ type: TYPE.DELETE, flags: NLM_F.ACK, body, subject }]);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error; // it ended by itself
  }
}
