/**
 * Ports: `80/tcp` as containers expose them, and where they are published. Pure.
 * Source: Docker Engine API v1.50, PortMap; go-connections `nat`.
 */
import type { PortMap } from '../contract/containers.ts';
import { EngineError } from '../contract/errors.ts';

export interface PortSpec {
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly port: number;
}

/** A wish for a port of the host: any of `hostPorts`, tried in order; [0] leaves the choice open. */
export interface PortWish {
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly containerPort: number;
  /** Empty means all addresses. */
  readonly hostAddress: string;
  readonly hostPorts: readonly number[];
}

/** `80`, `80/udp`. Throws `invalid-argument`. */
export function parsePort(text: string): PortSpec {
  const [number = '', protocol = 'tcp'] = text.toLowerCase().split('/');
  if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'sctp')
    throw new EngineError('invalid-argument', `invalid port specification: "${text}"`);
  return { protocol, port: portNumber(number, text) };
}

/** What is to be published: the bindings, and with `-P` every other exposed port. */
export function planPorts(
  bindings: PortMap,
  exposed: readonly string[],
  publishAll: boolean,
): PortWish[] {
  const wishes: PortWish[] = [];
  for (const [text, hosts] of Object.entries(bindings)) {
    const { protocol, port } = parsePort(text);
    for (const { HostIp, HostPort } of hosts?.length ? hosts : [{ HostIp: '', HostPort: '' }])
      wishes.push({
        protocol,
        containerPort: port,
        hostAddress: HostIp === '0.0.0.0' ? '' : HostIp,
        hostPorts: hostPorts(HostPort),
      });
  }
  const bound = new Set(Object.keys(bindings).map(normalPort));
  for (const text of publishAll ? exposed : [])
    if (!bound.has(normalPort(text))) {
      const { protocol, port } = parsePort(text);
      wishes.push({ protocol, containerPort: port, hostAddress: '', hostPorts: [0] });
    }
  return wishes;
}

/** `80` → `80/tcp`. */
export function normalPort(text: string): string {
  const { protocol, port } = parsePort(text);
  return `${port}/${protocol}`;
}

/** `''` → any, `8080`, `8080-8090` → each. */
function hostPorts(text: string): number[] {
  if (text === '') return [0];
  const [first = '', last = first] = text.split('-');
  const from = portNumber(first, text);
  const to = portNumber(last, text);
  if (to < from) throw new EngineError('invalid-argument', `invalid port specification: "${text}"`);
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function portNumber(text: string, spec: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535)
    throw new EngineError('invalid-argument', `invalid port specification: "${spec}"`);
  return port;
}
