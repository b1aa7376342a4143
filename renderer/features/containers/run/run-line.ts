/**
 * The run form's text, what it asks of the engine, and the `docker run` line that does the same. Pure.
 */
import type { RunRequest } from '../../../../electron/ipc/contract.ts';
import { parseWords, quoteWord, quoteWords } from './words.ts';

export interface PortField {
  readonly key: number;
  readonly hostAddress: string;
  /** Empty lets the engine choose. */
  readonly hostPort: string;
  readonly containerPort: string;
  readonly protocol: 'tcp' | 'udp';
}

export interface PairField {
  readonly key: number;
  readonly left: string;
  readonly right: string;
  readonly readOnly?: boolean;
}

export interface RunFields {
  readonly image: string;
  readonly name: string;
  readonly command: string;
  readonly ports: readonly PortField[];
  readonly environment: readonly PairField[];
  readonly mounts: readonly PairField[];
  readonly tty: boolean;
  readonly removeOnExit: boolean;
}

export type RunProblem = 'image' | 'name' | 'command' | 'port' | 'environment' | 'mount';

/** The line a person could type instead. */
export function dockerRunLine(request: RunRequest): string {
  const words = ['docker', 'run', '-d'];
  if (request.name) words.push('--name', quoteWord(request.name));
  if (request.removeOnExit) words.push('--rm');
  // What the form calls a terminal keeps standard input open as well.
  if (request.tty) words.push('-it');
  for (const port of request.ports) words.push('-p', quoteWord(portText(port)));
  for (const line of request.environment) words.push('-e', quoteWord(line));
  for (const mount of request.mounts) words.push('-v', quoteWord(mount));
  words.push(quoteWord(request.image));
  if (request.command.length > 0) words.push(quoteWords(request.command));
  return words.join(' ');
}

function portText({ hostAddress, hostPort, containerPort, protocol }: RunRequest['ports'][number]) {
  const host = hostAddress.includes(':') ? `[${hostAddress}]` : hostAddress;
  const target = `${containerPort}${protocol === 'udp' ? '/udp' : ''}`;
  const published = hostPort === 0 ? '' : String(hostPort);
  if (host) return `${host}:${published}:${target}`;
  return published ? `${published}:${target}` : target;
}

/** What the fields ask for; rows left empty are not asked for. */
export function requestOf(fields: RunFields): { request: RunRequest; problems: RunProblem[] } {
  const problems = new Set<RunProblem>();
  if (fields.image.trim() === '') problems.add('image');
  if (fields.name && !/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(fields.name)) problems.add('name');
  let command: string[] = [];
  try {
    command = parseWords(fields.command);
  } catch {
    problems.add('command');
  }
  const ports = fields.ports
    .filter((port) => port.containerPort !== '' || port.hostPort !== '')
    .map((port) => {
      const hostPort = port.hostPort === '' ? 0 : portNumber(port.hostPort);
      const containerPort = portNumber(port.containerPort);
      if (hostPort === null || containerPort === null) problems.add('port');
      return {
        hostAddress: port.hostAddress.trim(),
        hostPort: hostPort ?? 0,
        containerPort: containerPort ?? 0,
        protocol: port.protocol,
      };
    });
  const environment = fields.environment
    .filter(({ left, right }) => left !== '' || right !== '')
    .map(({ left, right }) => {
      if (!/^[^=\s]+$/.test(left)) problems.add('environment');
      return `${left}=${right}`;
    });
  const mounts = fields.mounts
    .filter(({ left, right }) => left !== '' || right !== '')
    .map(({ left, right, readOnly }) => {
      if (!isMountSource(left) || !right.startsWith('/')) problems.add('mount');
      return `${left}:${right}${readOnly ? ':ro' : ''}`;
    });
  const request: RunRequest = {
    image: fields.image.trim(),
    ...(fields.name ? { name: fields.name } : {}),
    command,
    ports,
    environment,
    mounts,
    tty: fields.tty,
    removeOnExit: fields.removeOnExit,
  };
  return { request, problems: [...problems] };
}

function portNumber(text: string): number | null {
  const port = /^\d{1,5}$/.test(text.trim()) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : null;
}

/** An absolute path, or the name of a volume. */
function isMountSource(source: string): boolean {
  return source.startsWith('/') || /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(source);
}

/**
 * A host port for a port the image exposes: the same where an ordinary user would take it (8080 for
 * 80), the next free one where a container already publishes it.
 */
export function suggestHostPort(containerPort: number, taken: ReadonlySet<number>): number {
  let port = containerPort < 1024 ? containerPort + 8000 : containerPort;
  if (containerPort === 80) port = 8080;
  if (containerPort === 443) port = 8443;
  while (taken.has(port) && port < 65_535) port += 1;
  return port;
}
