/**
 * Sockets that hold a port without serving it. Synchronous, on the calling thread and so in its
 * network namespace. Sources: socket(2), bind(2), socket(7), ip(7).
 */
import { closeSync } from 'node:fs';
import { ipv4Bytes } from '../formats/ip-address.ts';
import { errnoOf } from './errno.ts';
import { check, libc } from './system-calls.ts';

export type Protocol = 'tcp' | 'udp' | 'sctp';

const AF_INET = 2;
const CLOEXEC = 0x80000;
const KIND = {
  tcp: { type: 1, number: 6 },
  udp: { type: 2, number: 17 },
  sctp: { type: 1, number: 132 },
} as const;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;

/** The number of a protocol in IP headers. */
export function protocolNumber(protocol: Protocol): number {
  return KIND[protocol].number;
}

/**
 * Takes a port of this host, so that no other program can: EADDRINUSE when one has it,
 * EADDRNOTAVAIL when the address is not the host's. Returns the descriptor, which holds the port as
 * long as any process has it open, or undefined where the kernel lacks the protocol (SCTP).
 *
 * A TCP socket listens, since one that is only bound keeps out nobody who sets SO_REUSEADDR, as
 * nearly every server does; it sets SO_REUSEADDR itself so that connections of an earlier server in
 * TIME_WAIT are no obstacle. Nothing ever arrives at it: packets are redirected before.
 */
export function reservePort(protocol: Protocol, address: string, port: number): number | undefined {
  const { type, number } = KIND[protocol];
  const subject = `${address}:${port}/${protocol}`;
  let fd: number;
  try {
    const socket = libc('int socket(int domain, int type, int protocol)');
    fd = check(socket(AF_INET, type | CLOEXEC, number) as number, 'socket', subject);
  } catch (error) {
    if (errnoOf(error) === 'EPROTONOSUPPORT') return undefined;
    throw error;
  }
  try {
    if (protocol !== 'udp') allowReuse(fd);
    const bind = libc('int bind(int fd, const void *address, unsigned int size)');
    check(bind(fd, socketAddress(address, port), 16) as number, 'bind', subject);
    if (protocol !== 'udp')
      check(libc('int listen(int fd, int backlog)')(fd, 1) as number, 'listen', subject);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function allowReuse(fd: number): void {
  const on = Buffer.from([1, 0, 0, 0]);
  libc('int setsockopt(int fd, int level, int name, const void *value, unsigned int size)')(
    fd,
    SOL_SOCKET,
    SO_REUSEADDR,
    on,
    4,
  );
}

/** struct sockaddr_in: family in the machine's order, port and address in the network's. */
function socketAddress(address: string, port: number): Buffer {
  const buffer = Buffer.alloc(16);
  buffer.writeUInt16LE(AF_INET, 0);
  buffer.writeUInt16BE(port, 2);
  ipv4Bytes(address).copy(buffer, 4);
  return buffer;
}

/** Gives a reserved port back, as far as this process is concerned. */
export function closeSocket(fd: number): void {
  closeSync(fd);
}

/** The index of an interface in the calling thread's namespace, 0 when there is none of this name. */
export function interfaceIndex(name: string): number {
  return libc('unsigned int if_nametoindex(const char *name)')(name) as number;
}
