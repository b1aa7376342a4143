/**
 * The bridge's conversation as WebSocket messages: pure codec, both directions.
 *
 * Text messages are JSON. Terminal bytes travel as binary messages so that nothing is inflated or
 * escaped: one byte that says where the bytes belong, the channel as big-endian uint32, the bytes.
 * Decoding never trusts: what is not of this form throws `RangeError`; what the values mean is the
 * receiver's to check (the host does so with `schemas.ts`).
 */
import type {
  BridgeError,
  CallName,
  EventName,
  Reply,
  StreamFrame,
  StreamName,
  TerminalOutput,
} from './contract.ts';

/** From the window to its host. Channels and call ids are chosen by the window, from 1 on. */
export type WindowMessage =
  | { kind: 'call'; callId: number; name: CallName; argument: unknown }
  | { kind: 'open'; channel: number; name: StreamName; argument: unknown }
  | { kind: 'frame'; channel: number; frame: StreamFrame<Uint8Array> };

/** From the host to its window. */
export type HostMessage =
  | { kind: 'reply'; callId: number; reply: Reply<unknown> }
  | { kind: 'event'; name: EventName; payload: unknown }
  | { kind: 'frame'; channel: number; frame: StreamFrame<unknown> };

/** Why a call failed that never reached its host, or whose answer was lost with the connection. */
export const HOST_GONE: BridgeError = {
  code: 'host-gone',
  message: 'The connection to Gantry was lost.',
};

const BINARY_HEADER_BYTES = 5;
/** Where the bytes of a binary message belong. */
const PLACE_INPUT = 1;
const PLACE_OUTPUT = 2;

/** A text or a binary WebSocket message. */
export type WireData = string | Uint8Array<ArrayBuffer>;

export function encodeWindowMessage(message: WindowMessage): WireData {
  if (message.kind === 'frame' && message.frame.type === 'message')
    return encodeBytes(PLACE_INPUT, message.channel, message.frame.message);
  return JSON.stringify(message);
}

export function encodeHostMessage(message: HostMessage): WireData {
  if (message.kind === 'frame' && message.frame.type === 'message') {
    const bytes = outputBytes(message.frame.message);
    if (bytes) return encodeBytes(PLACE_OUTPUT, message.channel, bytes);
  }
  return JSON.stringify(message);
}

/** Throws RangeError for what no window sends. */
export function decodeWindowMessage(data: string | Uint8Array): WindowMessage {
  if (typeof data !== 'string') {
    const { channel, bytes } = decodeBytes(PLACE_INPUT, data);
    return { kind: 'frame', channel, frame: { type: 'message', message: bytes } };
  }
  const value = parseObject(data);
  const number = value.kind === 'call' ? value.callId : value.channel;
  const known = value.kind === 'call' || value.kind === 'open' || value.kind === 'frame';
  if (!known || !isChannel(number)) throw new RangeError('not a message of the window');
  if (value.kind === 'frame') requireFrame(value.frame);
  return value as unknown as WindowMessage;
}

/** Throws RangeError for what no host sends. */
export function decodeHostMessage(data: string | Uint8Array): HostMessage {
  if (typeof data !== 'string') {
    const { channel, bytes } = decodeBytes(PLACE_OUTPUT, data);
    const message: TerminalOutput = { kind: 'data', bytes };
    return { kind: 'frame', channel, frame: { type: 'message', message } };
  }
  const value = parseObject(data);
  if (value.kind !== 'reply' && value.kind !== 'event' && value.kind !== 'frame')
    throw new RangeError('not a message of the host');
  if (value.kind === 'frame') requireFrame(value.frame);
  return value as unknown as HostMessage;
}

function outputBytes(message: unknown): Uint8Array | undefined {
  const { kind, bytes } = (message ?? {}) as { kind?: unknown; bytes?: unknown };
  return kind === 'data' && bytes instanceof Uint8Array ? bytes : undefined;
}

function encodeBytes(place: number, channel: number, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(BINARY_HEADER_BYTES + bytes.length);
  data[0] = place;
  new DataView(data.buffer).setUint32(1, channel);
  data.set(bytes, BINARY_HEADER_BYTES);
  return data;
}

function decodeBytes(place: number, data: Uint8Array) {
  if (data.length < BINARY_HEADER_BYTES || data[0] !== place)
    throw new RangeError('not a binary message of this direction');
  const channel = new DataView(data.buffer, data.byteOffset).getUint32(1);
  return { channel, bytes: data.slice(BINARY_HEADER_BYTES) };
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new RangeError('not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new RangeError('not a JSON object');
  return value as Record<string, unknown>;
}

function requireFrame(frame: unknown): void {
  const type = (frame as { type?: unknown } | null | undefined)?.type;
  if (typeof type !== 'string') throw new RangeError('not a frame');
}

function isChannel(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 0xffffffff;
}
