import * as fc from 'fast-check';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { isZstd, ZstdFrameSplitter } from './zstd-frames.ts';

/** A frame for the use of other tools. */
function skippable(bytes: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x184d2a51, 0);
  head.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([head, bytes]);
}

function splitAll(stream: Buffer, pieceBytes: number): Buffer[] {
  const splitter = new ZstdFrameSplitter();
  const frames: Buffer[] = [];
  let present: Buffer[] = [];
  for (let at = 0; at < stream.length; at += pieceBytes)
    for (const { bytes, endsFrame } of splitter.split(stream.subarray(at, at + pieceBytes))) {
      present.push(bytes);
      if (!endsFrame) continue;
      frames.push(Buffer.concat(present));
      present = [];
    }
  expect(splitter.isBetweenFrames).toBe(true);
  return frames;
}

describe('ZstdFrameSplitter', () => {
  test('gives every frame whole, however the stream is cut, and leaves skippable ones out', () => {
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.nat(400_000).map((length) => Buffer.alloc(length, 'run')),
    );
    const frames = fc.array(fc.tuple(content, fc.boolean()), { maxLength: 6 });
    fc.assert(
      fc.property(frames, fc.integer({ min: 1, max: 5000 }), (parts, pieceBytes) => {
        const stream = Buffer.concat(
          parts.map(([bytes, isSkipped]) =>
            isSkipped ? skippable(Buffer.from(bytes)) : zstdCompressSync(bytes),
          ),
        );
        const expected = parts.filter(([, isSkipped]) => !isSkipped);
        const found = splitAll(stream, pieceBytes).map((frame) => zstdDecompressSync(frame));
        expect(found.map(String)).toEqual(expected.map(([bytes]) => Buffer.from(bytes).toString()));
      }),
      { numRuns: 60 },
    );
  });

  test('refuses what follows a frame and is none', () => {
    const splitter = new ZstdFrameSplitter();
    const stream = Buffer.concat([zstdCompressSync(Buffer.from('a')), Buffer.from('garbage')]);
    expect(() => [...splitter.split(stream)]).toThrow('not a zstd frame');
  });

  test('knows that a frame is not over', () => {
    const splitter = new ZstdFrameSplitter();
    const frame = zstdCompressSync(Buffer.from('some text'));
    expect([...splitter.split(frame.subarray(0, -1))]).toHaveLength(1);
    expect(splitter.isBetweenFrames).toBe(false);
  });
});

test('isZstd() knows both kinds of frames by their beginning', () => {
  expect(isZstd(zstdCompressSync(Buffer.from('a')))).toBe(true);
  expect(isZstd(skippable(Buffer.from('x')))).toBe(true);
  expect(isZstd(Buffer.from('PK..'))).toBe(false);
});
