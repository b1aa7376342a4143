/**
 * Links of old, `--link db:database`: names for the address of another container on the default
 * bridge, and variables that tell its ports. Pure.
 * Sources: Docker manual, "Legacy container links"; moby `opts`, ParseLink, and `daemon/links`.
 */
import { EngineError } from '../contract/errors.ts';
import { parsePort, type PortSpec } from './port-spec.ts';

export interface LinkWish {
  /** Name or id of the container that is linked to. */
  readonly target: string;
  readonly alias: string;
}

/** `db`, `db:database`, and `/db:/web/database` as inspect shows it. Throws `invalid-argument`. */
export function parseLink(text: string): LinkWish {
  if (text === '') throw new EngineError('invalid-argument', 'empty string specified for links');
  const [target = '', alias = target, ...rest] = text.split(':');
  if (rest.length > 0) throw new EngineError('invalid-argument', `bad format for links: ${text}`);
  if (!target.startsWith('/')) return { target, alias };
  return { target: target.slice(1), alias: alias.slice(alias.lastIndexOf('/') + 1) };
}

export interface LinkedContainer {
  readonly alias: string;
  /** Name of the container that has the link. */
  readonly ownName: string;
  readonly address: string;
  readonly environment: readonly string[];
  /** `80/tcp` */
  readonly exposedPorts: readonly string[];
}

/** Not the linked container's own business, and so not passed on. */
const NOT_PASSED_ON = new Set(['HOME', 'PATH']);

/** `DB_PORT`, `DB_PORT_80_TCP_ADDR`, `DB_NAME`, `DB_ENV_X` … */
export function linkVariables(link: LinkedContainer): string[] {
  const prefix = link.alias.toUpperCase().replaceAll('-', '_');
  const ports = link.exposedPorts.map(parsePort).toSorted(byProtocolAndNumber);
  const url = ({ protocol, port }: PortSpec) => `${protocol}://${link.address}:${port}`;
  const [first] = ports;
  const passedOn = link.environment.filter((entry) => {
    const [name = ''] = entry.split('=', 1);
    return entry.includes('=') && !NOT_PASSED_ON.has(name);
  });
  return [
    ...(first ? [`${prefix}_PORT=${url(first)}`] : []),
    ...ports.flatMap((it) => {
      const name = `${prefix}_PORT_${it.port}_${it.protocol.toUpperCase()}`;
      return [
        `${name}=${url(it)}`,
        `${name}_ADDR=${link.address}`,
        `${name}_PORT=${it.port}`,
        `${name}_PROTO=${it.protocol}`,
      ];
    }),
    ...rangesOf(ports).flatMap(({ from, to }) => {
      const name = `${prefix}_PORT_${from.port}_${from.protocol.toUpperCase()}`;
      return [
        `${name}_START=${url(from)}`,
        `${name}_PORT_START=${from.port}`,
        `${name}_END=${url(to)}`,
        `${name}_PORT_END=${to.port}`,
      ];
    }),
    `${prefix}_NAME=/${link.ownName}/${link.alias}`,
    ...passedOn.map((entry) => `${prefix}_ENV_${entry}`),
  ];
}

/** TCP first. */
function byProtocolAndNumber(a: PortSpec, b: PortSpec): number {
  if (a.protocol !== b.protocol) return a.protocol === 'tcp' ? -1 : 1;
  return a.port - b.port;
}

/** Runs of two and more ports that follow each other. */
function rangesOf(ports: readonly PortSpec[]): { from: PortSpec; to: PortSpec }[] {
  const ranges: { from: PortSpec; to: PortSpec }[] = [];
  for (const port of ports) {
    const last = ranges.at(-1);
    if (last && last.to.protocol === port.protocol && last.to.port + 1 === port.port)
      last.to = port;
    else ranges.push({ from: port, to: port });
  }
  return ranges.filter(({ from, to }) => from.port !== to.port);
}
