/**
 * Which container publishes which port of the host. A port that is given out is also held against
 * every other program of the host, by a socket that the container's monitor inherits.
 *
 * `reserve` is all or nothing. Two publications clash when protocol and port are the same and the
 * addresses are, or one of them is "all addresses".
 */
import { readFileSync } from 'node:fs';
import { EngineError } from '../../contract/errors.ts';
import { ipv4ToNumber } from '../../formats/ip-address.ts';
import { errnoOf } from '../../host/errno.ts';
import { closeSocket, reservePort } from '../../host/sockets.ts';
import type { PublishedPort } from '../network.ts';

export const ALL_ADDRESSES = '0.0.0.0';

interface Holder {
  readonly containerId: string;
  readonly containerName: string;
}

interface Publication extends Holder {
  readonly port: PublishedPort;
}

export interface Reservation {
  /** Addresses and host ports filled in. */
  readonly ports: readonly PublishedPort[];
  /** Open descriptors that hold them; SCTP may have none. */
  readonly sockets: readonly number[];
}

export class PortTable {
  /** By protocol and port. */
  private readonly publications = new Map<string, Publication[]>();
  private readonly range: { first: number; last: number; reserved: ReadonlySet<number> };
  private nextRandom: number;

  constructor() {
    this.range = readEphemeralRange();
    this.nextRandom = this.range.first;
  }

  /** Throws `conflict` for a port that is taken, `invalid-argument` for an address that is not the host's. */
  reserve(holder: Holder, requested: readonly PublishedPort[]): Reservation {
    const ports: PublishedPort[] = [];
    const sockets: number[] = [];
    try {
      for (const request of requested) {
        const port = { ...request, hostAddress: normalAddress(request.hostAddress) };
        const { hostPort, socket } =
          port.hostPort === 0 ? this.takeAny(port) : this.take(holder, port);
        if (socket !== undefined) sockets.push(socket);
        const inForce = { ...port, hostPort };
        this.adopt(holder, [inForce]);
        ports.push(inForce);
      }
      return { ports, sockets };
    } catch (error) {
      sockets.forEach(closeSocket);
      this.releasePorts(holder.containerId, ports);
      throw error;
    }
  }

  private take(holder: Holder, port: PublishedPort): { hostPort: number; socket?: number } {
    const other = this.clash(port);
    if (other) throw allocated(port, describeHolder(other, holder));
    try {
      return withSocket(port.hostPort, reservePort(port.protocol, port.hostAddress, port.hostPort));
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'EADDRINUSE') throw allocated(port, 'another program on this machine has it');
      if (errno !== 'EADDRNOTAVAIL') throw error;
      throw new EngineError(
        'invalid-argument',
        `failed to bind host port for ${port.hostAddress}:${port.hostPort}/${port.protocol}: cannot assign requested address`,
      );
    }
  }

  /** Each container gets the next free port of the range, so that a port rests before it is reused. */
  private takeAny(port: PublishedPort): { hostPort: number; socket?: number } {
    const { first, last, reserved } = this.range;
    for (let tried = first; tried <= last; tried += 1) {
      const hostPort = this.nextRandom;
      this.nextRandom = hostPort >= last ? first : hostPort + 1;
      if (reserved.has(hostPort) || this.clash({ ...port, hostPort })) continue;
      try {
        return withSocket(hostPort, reservePort(port.protocol, port.hostAddress, hostPort));
      } catch (error) {
        if (errnoOf(error) !== 'EADDRINUSE') throw error;
      }
    }
    throw new EngineError('conflict', 'all ports are allocated');
  }

  private clash(port: PublishedPort): Publication | undefined {
    return this.publications
      .get(keyOf(port))
      ?.find(
        ({ port: { hostAddress } }) =>
          hostAddress === port.hostAddress ||
          hostAddress === ALL_ADDRESSES ||
          port.hostAddress === ALL_ADDRESSES,
      );
  }

  /** Notes ports whose sockets somebody already has. */
  adopt(holder: Holder, ports: readonly PublishedPort[]): void {
    const { containerId, containerName } = holder;
    for (const port of ports) {
      const list = this.publications.get(keyOf(port)) ?? [];
      list.push({ containerId, containerName, port });
      this.publications.set(keyOf(port), list);
    }
  }

  /** Forgets these ports of the container; the sockets are their holders' to close. */
  releasePorts(containerId: string, ports: readonly PublishedPort[]): void {
    for (const port of ports) {
      const rest = (this.publications.get(keyOf(port)) ?? []).filter(
        (other) => other.containerId !== containerId || other.port.hostAddress !== port.hostAddress,
      );
      if (rest.length > 0) this.publications.set(keyOf(port), rest);
      else this.publications.delete(keyOf(port));
    }
  }
}

function keyOf(port: PublishedPort): string {
  return `${port.protocol}/${port.hostPort}`;
}

function withSocket(hostPort: number, socket: number | undefined) {
  return socket === undefined ? { hostPort } : { hostPort, socket };
}

function normalAddress(address: string): string {
  if (address === '') return ALL_ADDRESSES;
  if (ipv4ToNumber(address) !== undefined) return address;
  throw new EngineError(
    'invalid-argument',
    `cannot publish on ${address}: published ports have IPv4 addresses only`,
  );
}

/** Docker's text, on which clients match, and then who has it. */
function allocated(port: PublishedPort, holder: string): EngineError {
  return new EngineError(
    'conflict',
    `Bind for ${port.hostAddress}:${port.hostPort} failed: port is already allocated (${holder})`,
  );
}

function describeHolder(other: Publication, asking: Holder): string {
  return other.containerId === asking.containerId
    ? 'asked for twice'
    : `container ${other.containerName} has it`;
}

/** Source: Documentation/networking/ip-sysctl, ip_local_port_range and ip_local_reserved_ports. */
function readEphemeralRange() {
  const setting = (name: string) => readFileSync(`/proc/sys/net/ipv4/${name}`, 'utf8').trim();
  const [first = 32768, last = 60999] = setting('ip_local_port_range').split(/\s+/).map(Number);
  const reserved = new Set<number>();
  for (const part of setting('ip_local_reserved_ports').split(',')) {
    const [from = NaN, to = from] = part.split('-').map(Number);
    for (let port = from; port <= to; port += 1) reserved.add(port);
  }
  return { first, last, reserved };
}
