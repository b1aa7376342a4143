import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, encodeFrameHeader, FrameDecoder } from './stream-frame.ts';

describe('stream frames', () => {
  it('carry the stream number, three zeros and the length before the payload', () => {
    expect(encodeFrame('stderr', Buffer.from('hi')).toString('hex')).toBe('02000000000000026869');
    expect(encodeFrameHeader('systemerr', 0x01020304).toString('hex')).toBe('0300000001020304');
  });

  it('come back whole from a byte stream cut anywhere', () => {
    const frame = fc.record({
      stream: fc.constantFrom('stdin' as const, 'stdout' as const, 'stderr' as const),
      bytes: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    });
    fc.assert(
      fc.property(fc.array(frame), fc.integer({ min: 1, max: 30 }), (frames, step) => {
        const wire = Buffer.concat(frames.map(({ stream, bytes }) => encodeFrame(stream, bytes)));
        const decoder = new FrameDecoder();
        const seen = [];
        for (let at = 0; at < wire.length; at += step)
          seen.push(...decoder.push(wire.subarray(at, at + step)));
        expect(seen).toEqual(frames);
        expect(decoder.pendingBytes).toBe(0);
      }),
    );
  });

  it('are refused when the header is none', () => {
    expect(() => new FrameDecoder().push(Buffer.from('HTTP/1.1 400'))).toThrow(RangeError);
  });
});
