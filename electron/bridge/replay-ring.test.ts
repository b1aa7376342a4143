import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReplayRing } from './replay-ring.ts';

describe('the replay ring', () => {
  it('keeps the newest bytes up to its limit, at their place in all that was pushed', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 90 }), { maxLength: 30 });
    fc.assert(
      fc.property(pieces, fc.integer({ min: 1, max: 200 }), (pushed, limit) => {
        const ring = new ReplayRing(limit);
        for (const piece of pushed) ring.push(piece);
        const all = Buffer.concat(pushed);
        expect(ring.end).toBe(all.length);
        expect(ring.start).toBe(Math.max(0, all.length - limit));
        expect(Buffer.from(ring.read(ring.start, limit))).toEqual(all.subarray(ring.start));
      }),
    );
  });

  it('keeps its bytes in order while it grows', () => {
    const ring = new ReplayRing(1 << 20);
    const piece = new Uint8Array(10_007);
    const all: Uint8Array[] = [];
    for (let index = 0; index < 150; index++) {
      all.push(piece.map((_, at) => (index + at) % 251));
      ring.push(all.at(-1) as Uint8Array);
    }
    const kept = Buffer.concat(all).subarray(ring.start);
    expect(kept.length).toBe(1 << 20);
    expect(Buffer.from(ring.read(ring.start, 2 << 20)).equals(kept)).toBe(true);
  });

  it('begins a replay at the start of a line once the beginning is gone', () => {
    const ring = new ReplayRing(16);
    ring.push(Buffer.from('first line\n'));
    expect(ring.replayStart()).toBe(0);
    ring.push(Buffer.from('second\nthird'));
    expect(Buffer.from(ring.read(ring.replayStart(), 16)).toString()).toBe('second\nthird');
  });
});
