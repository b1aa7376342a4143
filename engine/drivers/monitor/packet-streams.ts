/**
 * A container's streams through conmon's attach socket. Each packet from it is one byte for the
 * stream (2 stdout, 3 stderr) and up to 8 KiB of output; packets to it are plain input.
 * Source: conmon `src/conn_sock.c`, `src/ctr_stdio.c`.
 */
import type { Socket } from 'node:net';
import { connectPackets } from '../../host/handles.ts';
import type { StreamConnection, StreamListener } from '../monitor.ts';

const STDERR = 3;
/** conmon reads a packet into 32 KiB and drops what does not fit. */
const PACKET_BYTES_MAX = 16_384;

export function connectStreams(bundlePath: string, listener: StreamListener): StreamConnection {
  const socket = connectPackets(bundlePath, 'attach');
  let hasEnded = false;
  const end = () => {
    if (hasEnded) return;
    hasEnded = true;
    socket.destroy();
    listener.onEnd();
  };
  socket.on('data', (packet: Buffer) => {
    listener.onOutput(packet[0] === STDERR ? 'stderr' : 'stdout', packet.subarray(1));
  });
  socket.on('drain', () => listener.onDrain());
  socket.on('end', end);
  socket.on('error', end);
  socket.on('close', end);
  return {
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    write: (bytes) => writePackets(socket, bytes),
    endInput: () => {
      if (!socket.destroyed && !socket.writableEnded) socket.end();
    },
    close: () => {
      hasEnded = true;
      socket.destroy();
    },
  };
}

function writePackets(socket: Socket, bytes: Buffer): boolean {
  if (socket.destroyed || socket.writableEnded) return true;
  let hasRoom = true;
  for (let at = 0; at < bytes.length; at += PACKET_BYTES_MAX)
    hasRoom = socket.write(bytes.subarray(at, at + PACKET_BYTES_MAX));
  return hasRoom;
}
