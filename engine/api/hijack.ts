/**
 * Takes a connection over from HTTP, as attach and exec do.
 *
 * A client that sends `Upgrade: tcp` gets `101 UPGRADED` and from then on owns both directions, half
 * close included. One that does not (docker-py and dockerode on old paths) gets `200 OK` with a body
 * that ends with the connection; what it may send is the rest of its request.
 * Source: Docker Engine API v1.50, ContainerAttach, "Hijacking".
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';
import { EngineError } from '../contract/errors.ts';
import { COMMON_HEADERS } from './reply.ts';

/** `socket` is set when Node already handed the connection over because of an Upgrade header. */
export function hijack(
  request: IncomingMessage,
  response: ServerResponse,
  socket: Duplex | undefined,
  contentType: string,
): Duplex {
  return socket === undefined
    ? hijackPlain(request, response, contentType)
    : hijackUpgraded(response, socket, contentType);
}

function hijackUpgraded(response: ServerResponse, socket: Duplex, contentType: string): Duplex {
  response.detachSocket(socket as never);
  const headers = Object.entries(COMMON_HEADERS).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(
    `HTTP/1.1 101 UPGRADED\r\nContent-Type: ${contentType}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n${headers.join('')}\r\n`,
  );
  return socket;
}

/** The connection itself, nothing sent on it yet. */
export function takeConnection(response: ServerResponse, socket: Duplex | undefined): Duplex {
  if (socket === undefined)
    throw new EngineError('invalid-argument', 'this path is for WebSocket clients alone');
  response.detachSocket(socket as never);
  return socket;
}

function hijackPlain(
  request: IncomingMessage,
  response: ServerResponse,
  contentType: string,
): Duplex {
  response.shouldKeepAlive = false;
  response.useChunkedEncodingByDefault = false;
  response.writeHead(200, { 'Content-Type': contentType, Connection: 'close' });
  response.flushHeaders();
  return Duplex.from({ readable: request, writable: response });
}
