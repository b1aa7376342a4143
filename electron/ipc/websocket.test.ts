import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StreamFrame } from './contract.ts';
import {
  decodeHostMessage,
  decodeWindowMessage,
  encodeHostMessage,
  encodeWindowMessage,
  type HostMessage,
  type WindowMessage,
} from './websocket.ts';

const id = fc.integer({ min: 1, max: 0xffffffff });
const bytes = fc.uint8Array({ maxLength: 300 });
const json = fc.jsonValue().map((value): unknown => JSON.parse(JSON.stringify(value)));

const windowFrame: fc.Arbitrary<StreamFrame<Uint8Array>> = fc.oneof(
  bytes.map((message) => ({ type: 'message' as const, message })),
  fc.nat().map((messages) => ({ type: 'credit' as const, messages })),
  fc.constant({ type: 'close' as const }),
);
const hostFrame: fc.Arbitrary<StreamFrame<unknown>> = fc.oneof(
  bytes.map((bytes) => ({ type: 'message' as const, message: { kind: 'data', bytes } })),
  json.map((message) => ({ type: 'message' as const, message })),
  fc.constant({ type: 'end' as const, error: { code: 'not-found', message: 'No such thing' } }),
);
const windowMessage: fc.Arbitrary<WindowMessage> = fc.oneof(
  fc.record({
    kind: fc.constant('call' as const),
    callId: id,
    name: fc.constant('container.start' as const),
    argument: json,
  }),
  fc.record({
    kind: fc.constant('open' as const),
    channel: id,
    name: fc.constant('terminal' as const),
    argument: json,
  }),
  fc.record({ kind: fc.constant('frame' as const), channel: id, frame: windowFrame }),
);
const hostMessage: fc.Arbitrary<HostMessage> = fc.oneof(
  fc.record({
    kind: fc.constant('reply' as const),
    callId: id,
    reply: json.map((value) => ({ ok: true as const, value })),
  }),
  fc.record({
    kind: fc.constant('event' as const),
    name: fc.constant('watch' as const),
    payload: json,
  }),
  fc.record({ kind: fc.constant('frame' as const), channel: id, frame: hostFrame }),
);

describe('the WebSocket codec', () => {
  it('gives back what the window sent', () => {
    fc.assert(
      fc.property(windowMessage, (message) => {
        expect(decodeWindowMessage(encodeWindowMessage(message))).toEqual(message);
      }),
    );
  });

  it('gives back what the host sent', () => {
    fc.assert(
      fc.property(hostMessage, (message) => {
        expect(decodeHostMessage(encodeHostMessage(message))).toEqual(message);
      }),
    );
  });

  it('sends terminal bytes as they are, with five bytes in front', () => {
    const message: HostMessage = {
      kind: 'frame',
      channel: 0x01020304,
      frame: { type: 'message', message: { kind: 'data', bytes: new Uint8Array([0, 255, 13]) } },
    };
    expect(encodeHostMessage(message)).toEqual(new Uint8Array([2, 1, 2, 3, 4, 0, 255, 13]));
  });

  it('refuses what is no message with a RangeError and nothing else', () => {
    const wrong = fc.oneof(
      fc.string(),
      json.map((value) => JSON.stringify(value)),
      bytes,
    );
    fc.assert(
      fc.property(wrong, (data) => {
        for (const decode of [decodeWindowMessage, decodeHostMessage])
          try {
            decode(data);
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError);
          }
      }),
    );
    expect(() => decodeWindowMessage('{"kind":"call","callId":0}')).toThrow(RangeError);
    expect(() => decodeWindowMessage('{"kind":"frame","channel":1}')).toThrow(RangeError);
  });

  it('does not take the host’s binary messages for the window’s', () => {
    const message: HostMessage = {
      kind: 'frame',
      channel: 1,
      frame: { type: 'message', message: { kind: 'data', bytes: new Uint8Array(3) } },
    };
    expect(() => decodeWindowMessage(encodeHostMessage(message))).toThrow(RangeError);
  });
});
