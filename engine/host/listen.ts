/** Listening sockets of the API: unix (0660, owned by the engine's group) and TCP. */
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { dirname } from 'node:path';
import { EngineError } from '../contract/errors.ts';

/**
 * Listens on `unix:///path` or `tcp://address:port`. A socket file left by an engine that died is
 * replaced: the roots' lock already proved that nobody serves it.
 */
export async function listen(server: Server, host: string, group: string): Promise<void> {
  if (host.startsWith('unix://')) return listenUnix(server, host.slice('unix://'.length), group);
  const { hostname, port } = new URL(host);
  await listening(server, () => server.listen(Number(port), hostname.replace(/^\[|\]$/g, '')));
}

async function listenUnix(server: Server, path: string, group: string): Promise<void> {
  // sun_path holds 108 bytes with its final NUL; a longer one is cut without a word. Source: unix(7).
  if (Buffer.byteLength(path) > 107)
    throw new EngineError('invalid-argument', `the socket path is longer than 107 bytes: ${path}`);
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  rmSync(path, { force: true });
  await listening(server, () => server.listen(path));
  const groupId = groupIdOf(group);
  if (groupId !== undefined) chownSync(path, process.getuid?.() ?? 0, groupId);
  chmodSync(path, 0o660);
}

function listening(server: Server, begin: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve();
    });
    begin();
  });
}

/** Undefined when there is no such group: the socket is root's alone then. Source: group(5). */
function groupIdOf(group: string): number | undefined {
  if (/^\d+$/.test(group)) return Number(group);
  const line = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${group}:`));
  return line === undefined ? undefined : Number(line.split(':')[2]);
}
