/**
 * A small netlink client: messages out, answers in, all on the calling thread.
 *
 * The kernel carries out a request inside `sendto`, so a request here is a few system calls and no
 * waiting, where a program such as `ip` or `nft` costs 2 ms for its own start. A socket belongs to
 * the network namespace its thread was in when it was opened, and stays there.
 * Sources: netlink(7), rtnetlink(7); RFC 3549; linux/netlink.h.
 */
import { closeSync } from 'node:fs';
import { errnoName, SystemCallError } from './errno.ts';
import { check, libc } from './system-calls.ts';

/** Netlink families used here. */
export const NETLINK = { ROUTE: 0, NETFILTER: 12 } as const;

/** Flags of a request. REPLACE, EXCL, CREATE apply to NEW requests, DUMP to GET requests. */
export const NLM_F = {
  REQUEST: 0x1,
  ACK: 0x4,
  REPLACE: 0x100,
  EXCL: 0x200,
  CREATE: 0x400,
  APPEND: 0x800,
  DUMP: 0x300,
} as const;

const MESSAGE = { ERROR: 2, DONE: 3 } as const;
const HEADER_BYTES = 16;
const NESTED = 0x8000;

export interface NetlinkMessage {
  readonly type: number;
  /** REQUEST is always added; without ACK or DUMP no answer is waited for. */
  readonly flags: number;
  readonly body: Buffer;
  /** What the message is about, for the error: `veth ab12`, `address 172.17.0.2`. */
  readonly subject: string;
}

export interface NetlinkReply {
  readonly type: number;
  readonly body: Buffer;
}

/** One attribute, padded to 4 bytes; a list of buffers nests. Source: netlink(7), NLA. */
export function attribute(type: number, payload: Buffer | readonly Buffer[]): Buffer {
  const nested = !Buffer.isBuffer(payload);
  const value = nested ? Buffer.concat(payload) : payload;
  const buffer = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
  buffer.writeUInt16LE(4 + value.length, 0);
  buffer.writeUInt16LE(nested ? type | NESTED : type, 2);
  value.copy(buffer, 4);
  return buffer;
}

export function u8(value: number): Buffer {
  return Buffer.from([value]);
}

export function u32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value >>> 0);
  return buffer;
}

/** A text with its final NUL. */
export function text(value: string): Buffer {
  return Buffer.from(`${value}\0`, 'latin1');
}

/** The attributes of a reply from `offset` on, by type; the last of a type wins. */
export function attributesOf(buffer: Buffer, offset = 0): Map<number, Buffer> {
  const attributes = new Map<number, Buffer>();
  while (offset + 4 <= buffer.length) {
    const length = buffer.readUInt16LE(offset);
    if (length < 4) break;
    const type = buffer.readUInt16LE(offset + 2) & 0x3fff;
    attributes.set(type, buffer.subarray(offset + 4, offset + length));
    offset += Math.ceil(length / 4) * 4;
  }
  return attributes;
}

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0x80000;
const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const MSG_DONTWAIT = 0x40;
/** The kernel's largest dump datagram is 32 KiB. */
const RECEIVE_BYTES = 65536;

let receiveBuffer: Buffer | undefined;

/** An open netlink socket; `using` or `close()` ends it. */
export class NetlinkSocket {
  private readonly fd: number;
  private sequence = 0;

  /** Opens a socket of the given family in the calling thread's network namespace. */
  constructor(family: number) {
    const socket = libc('int socket(int domain, int type, int protocol)');
    this.fd = check(
      socket(AF_NETLINK, SOCK_RAW_CLOEXEC, family) as number,
      'socket',
      `netlink ${family}`,
    );
    const set = libc(
      'int setsockopt(int fd, int level, int name, const void *value, unsigned int size)',
    );
    for (const option of [NETLINK_CAP_ACK, NETLINK_EXT_ACK])
      set(this.fd, SOL_NETLINK, option, u32(1), 4);
  }

  /**
   * Sends the messages as one datagram, in order, and returns the replies other than
   * acknowledgements. The kernel goes on after a message that failed (only a netfilter batch is
   * atomic); the first failure is thrown, as a SystemCallError with the message's subject.
   */
  request(messages: readonly NetlinkMessage[]): NetlinkReply[] {
    const pending = new Map<number, NetlinkMessage>();
    const datagram = Buffer.concat(messages.map((message) => this.encode(message, pending)));
    const send = libc(
      'intptr_t sendto(int fd, const void *data, size_t size, int flags, const void *to, unsigned int toSize)',
    );
    const subject = messages[0]?.subject ?? 'netlink';
    check(Number(send(this.fd, datagram, datagram.length, 0, null, 0)), 'sendto', subject);
    return this.collect(pending);
  }

  private encode(message: NetlinkMessage, pending: Map<number, NetlinkMessage>): Buffer {
    this.sequence = (this.sequence + 1) >>> 0;
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt32LE(HEADER_BYTES + message.body.length, 0);
    header.writeUInt16LE(message.type, 4);
    header.writeUInt16LE(message.flags | NLM_F.REQUEST, 6);
    header.writeUInt32LE(this.sequence, 8);
    if (message.flags & (NLM_F.ACK | NLM_F.DUMP)) pending.set(this.sequence, message);
    const padding = Buffer.alloc(-message.body.length & 3);
    return Buffer.concat([header, message.body, padding]);
  }

  /** Reads until every message that expects an answer has its end. */
  private collect(pending: Map<number, NetlinkMessage>): NetlinkReply[] {
    const replies: NetlinkReply[] = [];
    let failure: SystemCallError | undefined;
    while (pending.size > 0) {
      const received = this.receive();
      if (received === undefined) {
        const subject = pending.values().next().value?.subject ?? 'netlink';
        throw failure ?? new SystemCallError('recv', `${subject} (answer lost)`, 'ENOBUFS');
      }
      for (const { type, sequence, body } of received) {
        const message = pending.get(sequence);
        if (message === undefined) continue;
        if (type !== MESSAGE.ERROR && type !== MESSAGE.DONE) {
          replies.push({ type, body: Buffer.from(body) });
          continue;
        }
        pending.delete(sequence);
        failure ??= failureOf(body, message.subject);
      }
    }
    if (failure) throw failure;
    return replies;
  }

  /** Answers are queued before sendto returns: nothing to read, undefined, means they were lost. */
  private receive(): { type: number; sequence: number; body: Buffer }[] | undefined {
    receiveBuffer ??= Buffer.alloc(RECEIVE_BYTES);
    const receive = libc('intptr_t recv(int fd, _Out_ void *data, size_t size, int flags)');
    const length = Number(receive(this.fd, receiveBuffer, RECEIVE_BYTES, MSG_DONTWAIT));
    if (length === -1) return undefined;
    const messages = [];
    for (let offset = 0; offset + HEADER_BYTES <= length;) {
      const size = receiveBuffer.readUInt32LE(offset);
      messages.push({
        type: receiveBuffer.readUInt16LE(offset + 4),
        sequence: receiveBuffer.readUInt32LE(offset + 8),
        body: receiveBuffer.subarray(offset + HEADER_BYTES, offset + size),
      });
      offset += Math.max(Math.ceil(size / 4) * 4, HEADER_BYTES);
    }
    return messages;
  }

  close(): void {
    closeSync(this.fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

const EXTENDED_MESSAGE = 1;

/** Undefined for an acknowledgement. The kernel's own words, where it has some, join the subject. */
function failureOf(body: Buffer, subject: string): SystemCallError | undefined {
  const code = body.length >= 4 ? -body.readInt32LE(0) : 0;
  if (code === 0) return undefined;
  // After the code comes the header of the request (NETLINK_CAP_ACK), then attributes.
  const said = attributesOf(body, 4 + HEADER_BYTES).get(EXTENDED_MESSAGE);
  const words = said ? ` (${said.toString('latin1').replace(/\0+$/, '')})` : '';
  return new SystemCallError('netlink', `${subject}${words}`, errnoName(code));
}
