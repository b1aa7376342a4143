/**
 * Attaching over a WebSocket: what comes in is the container's input, what it writes goes out in
 * messages, both streams as one. The library is loaded with the first client.
 */
import { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { ATTACH_ROUTES } from '../contract/attach.ts';
import type { ContainerService } from '../services/containers/container-service.ts';
import type { Call, Handlers } from './handler.ts';

type AttachCall = Call<(typeof ATTACH_ROUTES)['containerAttachWs']>;

/** Before, messages were texts, whatever was in them. Source: API v1.28 notes. */
const BINARY_SINCE = 28;

/** No keyboard and no paste comes near this (bytes). */
const MESSAGE_BYTES_MAX = 1 << 20;

export function attachHandlers(containers: ContainerService): Handlers<typeof ATTACH_ROUTES> {
  return { containerAttachWs: (call) => attach(containers, call) };
}

async function attach(containers: ContainerService, call: AttachCall): Promise<void> {
  const { WebSocketServer, createWebSocketStream } = await import('ws');
  const { params, query, request } = call;
  await containers.attach(params['id'] ?? '', { ...query, isRaw: true }, () => {
    const socket = call.takeConnection();
    const server = new WebSocketServer({
      noServer: true,
      maxPayload: MESSAGE_BYTES_MAX,
      perMessageDeflate: false,
    });
    // The handshake is answered at once, or refused on the connection, which then ends.
    let client: WebSocket | undefined;
    server.handleUpgrade(request, socket, Buffer.alloc(0), (opened) => (client = opened));
    if (client === undefined) return ended();
    if (call.apiVersion < BINARY_SINCE) sendTexts(client);
    const connection = createWebSocketStream(client);
    connection.on('error', () => {}); // a client that breaks the rules; `close` follows
    return connection;
  });
}

function sendTexts(client: WebSocket): void {
  const send = client.send.bind(client);
  client.send = (data: Buffer, done?: unknown) =>
    send(data, { binary: false }, done as (error?: Error) => void);
}

/** Of a client that did not get through. */
function ended(): Duplex {
  const connection = new Duplex({ read() {}, write: (_bytes, _encoding, done) => done() });
  connection.destroy();
  return connection;
}
