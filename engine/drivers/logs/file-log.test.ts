import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { logLines } from '../../../test/support/log-entries.ts';
import type { LogSlice } from '../logs.ts';
import { FileLogStore } from './file-log-store.ts';

let folder: string;
let path: string;
const store = new FileLogStore();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-log-'));
  path = join(folder, 'ctr.log');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What conmon does when told to reopen. */
const reopen = () => Promise.resolve(writeFileSync(path, ''));

async function collect(slices: AsyncIterable<LogSlice>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const slice of slices) parts.push(Buffer.from(slice.bytes));
  return Buffer.concat(parts);
}

/** Distinct lines `from`…`to`. */
const lines = (from: number, to: number) =>
  logLines(Array.from({ length: to - from }, (_, index) => `line ${from + index}`));

describe('a stored log', () => {
  it('is empty before anything was written', async () => {
    using log = store.open(path);
    expect(log.bounds()).toEqual({ start: 0, end: 0 });
    expect(await collect(log.read(0))).toHaveLength(0);
  });

  it('is read whole across rotated files, and from any cursor on', async () => {
    const parts = [lines(0, 50), lines(50, 100), lines(100, 150)];
    for (const [index, part] of parts.entries()) {
      if (index > 0) await store.rotate(path, 10, reopen);
      writeFileSync(path, part);
    }
    const whole = Buffer.concat(parts);
    using log = store.open(path);
    expect(log.bounds()).toEqual({ start: 0, end: whole.length });
    expect(await collect(log.read(0))).toEqual(whole);
    const cursor = whole.indexOf('line 70') - 45;
    expect(await collect(log.read(cursor))).toEqual(whole.subarray(cursor));
    expect(await collect(log.read(cursor - 3))).toEqual(whole.subarray(cursor));
    expect(await collect(log.read(cursor, cursor + 200))).toEqual(
      whole.subarray(cursor, whole.lastIndexOf('\n', cursor + 199) + 1),
    );
  });

  it('is the same read from its end, in blocks of any size', async () => {
    writeFileSync(path, lines(0, 40));
    await store.rotate(path, 10, reopen);
    writeFileSync(path, lines(40, 90));
    using log = store.open(path);
    const whole = await collect(log.read(0));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3000 }), async (blockBytes) => {
        const blocks: LogSlice[] = [];
        for await (const { bytes, cursor } of log.readBackwards(whole.length, blockBytes))
          blocks.unshift({ bytes: Buffer.from(bytes), cursor });
        expect(Buffer.concat(blocks.map(({ bytes }) => bytes))).toEqual(whole);
        let at = 0;
        for (const { cursor, bytes } of blocks) {
          expect(cursor).toBe(at);
          at += bytes.length;
        }
      }),
    );
  });

  it('leaves out an entry that is not written to its end', async () => {
    writeFileSync(path, Buffer.concat([lines(0, 2), lines(2, 3).subarray(0, 20)]));
    using log = store.open(path);
    expect(await collect(log.read(0))).toEqual(lines(0, 2));
    expect(await collect(log.readBackwards(log.bounds().end))).toEqual(lines(0, 2));
  });

  it('skips files that were last written before a time', () => {
    using log = store.open(path);
    expect(log.firstWrittenSince(Date.now())).toBe(0);
  });
});

describe('rotation', () => {
  it('keeps as many files as asked for, and the cursors of what is left', async () => {
    let written = 0;
    for (let round = 0; round < 5; round++) {
      if (round > 0) await store.rotate(path, 3, reopen);
      const part = lines(round * 10, round * 10 + 10);
      writeFileSync(path, part);
      written += part.length;
    }
    expect(readdirSync(folder).filter((name) => /\.log(\.\d+)?$/.test(name))).toHaveLength(3);
    const kept = Buffer.concat([lines(20, 30), lines(30, 40), lines(40, 50)]);
    const { start, end } = store.bounds(path);
    expect(end).toBe(written);
    expect(start).toBe(written - kept.length);
    using log = store.open(path);
    expect(await collect(log.read(0))).toEqual(kept);
  });

  it('with one file keeps only the current one', async () => {
    writeFileSync(path, lines(0, 10));
    await store.rotate(path, 1, reopen);
    expect(existsSync(`${path}.1`)).toBe(false);
    expect(store.bounds(path).start).toBe(lines(0, 10).length);
  });

  it('cut off after the rename is completed by the next one', async () => {
    writeFileSync(path, lines(0, 10));
    renameSync(path, `${path}.1`);
    appendFileSync(`${path}.1`, lines(10, 12));
    await store.rotate(path, 3, reopen);
    appendFileSync(path, lines(12, 14));
    using log = store.open(path);
    expect((await collect(log.read(0))).toString()).toBe(
      Buffer.concat([lines(0, 10), lines(10, 12), lines(12, 14)]).toString(),
    );
  });

  it('cut off before the oldest file is deleted keeps all cursors', async () => {
    for (let round = 0; round < 3; round++) {
      if (round > 0) await store.rotate(path, 5, reopen);
      writeFileSync(path, lines(round * 10, round * 10 + 10));
    }
    const before = store.bounds(path);
    // What deleting leaves when the engine dies between its two steps.
    await store.rotate(path, 2, reopen);
    const { start } = store.bounds(path);
    writeFileSync(`${path}.7`, lines(0, 10));
    expect(store.bounds(path)).toEqual({ start: start - lines(0, 10).length, end: before.end });
  });

  it('says so when the writer does not reopen, and loses nothing', async () => {
    writeFileSync(path, lines(0, 10));
    const rotation = store.rotate(path, 1, () => Promise.reject(new Error('no writer')));
    await expect(rotation).rejects.toThrow('no writer');
    using log = store.open(path);
    expect(await collect(log.read(0))).toEqual(lines(0, 10));
  });
});

describe('following', () => {
  it('delivers what is written until the end, across rotations, nothing twice', async () => {
    writeFileSync(path, lines(0, 5));
    using log = store.open(path);
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const following = collect(log.follow(0, { ended, signal: AbortSignal.timeout(10_000) }));
    const expected = [lines(0, 5)];
    for (let round = 0; round < 20; round++) {
      const part = lines(10 + round, 11 + round);
      appendFileSync(path, part);
      expected.push(part);
      if (round % 3 === 0) await store.rotate(path, 2, reopen);
      await new Promise((resolve) => setTimeout(resolve, round % 4));
    }
    end();
    expect((await following).toString()).toBe(Buffer.concat(expected).toString());
  });

  it('waits for the log to appear', async () => {
    using log = store.open(path);
    const following = log.follow(0, {
      ended: new Promise(() => {}),
      signal: AbortSignal.timeout(10_000),
    });
    const first = following[Symbol.asyncIterator]().next();
    writeFileSync(path, lines(0, 1));
    expect((await first).value?.bytes).toEqual(lines(0, 1));
  });

  it('stops when its reader is gone', async () => {
    using log = store.open(path);
    const reader = new AbortController();
    const following = collect(
      log.follow(0, { ended: new Promise(() => {}), signal: reader.signal }),
    );
    reader.abort();
    expect(await following).toHaveLength(0);
  });
});
