/**
 * A window session over one WebSocket: calls, events and all streams share the connection. A message
 * that is none ends the connection; the end of the connection ends the session.
 */
import type { WebSocket } from 'ws';
import type { Bridge } from '../bridge/bridge.ts';
import type { HostPort } from '../bridge/stream-channel.ts';
import type { WindowSession } from '../bridge/window-session.ts';
import {
  decodeWindowMessage,
  encodeHostMessage,
  type HostMessage,
  type WindowMessage,
} from '../ipc/websocket.ts';

/** More than this unsent, and changes wait (bytes). Streams are held back by their credit. */
const CONGESTED_BYTES = 1 << 20;
const PROTOCOL_ERROR = 1002;

export function serveWindow(socket: WebSocket, bridge: Bridge): void {
  const ports = new Map<number, ChannelPort>();
  const send = (message: HostMessage): void => {
    socket.send(encodeHostMessage(message), () => session.onDrained());
  };
  const session: WindowSession = bridge.connectWindow({
    send: (name, payload) => send({ kind: 'event', name, payload }),
    isCongested: () => socket.bufferedAmount > CONGESTED_BYTES,
    isVisible: () => true,
  });

  const receive = (message: WindowMessage): void => {
    if (message.kind === 'call') {
      const { callId, name, argument } = message;
      void session
        .call(name, argument)
        .then((reply) => send({ kind: 'reply', callId, reply: withoutUndefined(reply) }));
    } else if (message.kind === 'frame') {
      ports.get(message.channel)?.receive(message.frame);
    } else if (ports.has(message.channel)) {
      socket.close(PROTOCOL_ERROR, 'the channel is open');
    } else {
      const port = new ChannelPort(
        (frame) => send({ kind: 'frame', channel: message.channel, frame }),
        () => ports.delete(message.channel),
      );
      ports.set(message.channel, port);
      session.openStream(message.name, message.argument, port);
    }
  };

  socket.on('message', (data, isBinary) => {
    try {
      const bytes = data as Buffer;
      receive(decodeWindowMessage(isBinary ? bytes : bytes.toString('utf8')));
    } catch (error) {
      socket.close(PROTOCOL_ERROR, (error as Error).message.slice(0, 100));
    }
  });
  socket.on('error', () => socket.terminate()); // 'close' follows
  socket.once('close', () => {
    session.close();
    for (const port of ports.values()) port.lose();
  });
}

/** JSON drops `undefined`, and a reply without a value is still one. */
function withoutUndefined<T extends { ok: boolean }>(reply: T): T {
  return 'value' in reply && reply.value === undefined ? { ...reply, value: null } : reply;
}

class ChannelPort implements HostPort {
  readonly #post: HostPort['post'];
  readonly #onClose: () => void;
  #onFrame: (frame: unknown) => void = () => {};
  #onGone: () => void = () => {};

  constructor(post: HostPort['post'], onClose: () => void) {
    this.#post = post;
    this.#onClose = onClose;
  }

  post(frame: Parameters<HostPort['post']>[0]): void {
    this.#post(frame);
  }

  listen(onFrame: (frame: unknown) => void, onGone: () => void): void {
    this.#onFrame = onFrame;
    this.#onGone = onGone;
  }

  close(): void {
    this.#onClose();
  }

  receive(frame: unknown): void {
    this.#onFrame(frame);
  }

  lose(): void {
    this.#onGone();
  }
}
