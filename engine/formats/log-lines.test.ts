import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logEntries, logLines, type Written } from '../../test/support/log-entries.ts';
import {
  firstSureLineStart,
  hasPartialEntries,
  LineJoiner,
  LineStartFinder,
  type JoinedLine,
} from './log-lines.ts';

function linesOf(log: Buffer, cursor: number = 0): JoinedLine[] {
  const joiner = new LineJoiner();
  const lines: JoinedLine[] = [];
  joiner.push(log, cursor, (line) => lines.push(line));
  const last = joiner.flush();
  return last === undefined ? lines : [...lines, last];
}

/** Bytes that make many lines, long ones and none, on either stream. */
const written: fc.Arbitrary<Written[]> = fc.array(
  fc.record({
    stream: fc.constantFrom('stdout' as const, 'stderr' as const),
    bytes: fc
      .array(fc.constantFrom('a', 'é', '\n', '\n', '\r', '\0', 'x'.repeat(5000)), { maxLength: 8 })
      .map((parts) => Buffer.from(parts.join(''))),
  }),
  { maxLength: 8 },
);

describe('a line', () => {
  it('is an entry with its time in UTC', () => {
    const log = Buffer.from('2026-11-20T17:30:00.000000001+08:00 stderr F down\n');
    expect(linesOf(log, 1000)).toEqual([
      {
        cursor: 1000,
        end: 1000 + log.length,
        stream: 'stderr',
        time: '2026-11-20T09:30:00.000000001Z',
        text: 'down',
        isCut: false,
      },
    ]);
  });

  it('joins the pieces of a long output', () => {
    const text = 'ü'.repeat(10_000);
    const [line, ...others] = linesOf(logLines([text]));
    expect(line?.text).toBe(text);
    expect(others).toEqual([]);
  });

  it('ends where the other stream begins', () => {
    const log = logEntries([
      { stream: 'stdout', bytes: Buffer.from('loading… ') },
      { stream: 'stderr', bytes: Buffer.from('warning\n') },
      { stream: 'stdout', bytes: Buffer.from('done\n') },
    ]);
    expect(linesOf(log).map(({ text }) => text)).toEqual(['loading… ', 'warning', 'done']);
  });

  it('is cut after 64 KiB, between two characters', () => {
    const [line] = linesOf(logLines([`x${'é'.repeat(50_000)}`, 'next']));
    expect(line?.isCut).toBe(true);
    expect(line?.text).toBe(`x${'é'.repeat(32_767)}`);
  });

  it('survives a torn entry before it', () => {
    const log = Buffer.concat([Buffer.from('\0\0\0torn\n'), logLines(['whole'])]);
    expect(linesOf(log).map(({ text }) => text)).toEqual(['whole']);
  });
});

describe('cutting a log into lines', () => {
  it('covers every byte once, in order', () => {
    fc.assert(
      fc.property(written, (parts) => {
        const log = logEntries(parts);
        const lines = linesOf(log);
        const ends = [0, ...lines.map(({ end }) => end)];
        expect(lines.map(({ cursor }) => cursor)).toEqual(ends.slice(0, -1));
        expect(ends.at(-1)).toBe(log.length);
      }),
    );
  });

  it('finds the same lines from the end', () => {
    fc.assert(
      fc.property(written, fc.integer({ min: 1, max: 6 }), (parts, wanted) => {
        const log = logEntries(parts);
        const starts = linesOf(log).map(({ cursor }) => cursor);
        const found = new LineStartFinder(wanted).pushBefore(log, 0);
        const expected = starts.length > wanted ? starts.at(-wanted) : undefined;
        // The log's very first line start is known only to who knows that nothing lies before it.
        expect(found).toBe(expected);
      }),
    );
  });

  it('knows which line starts are sure without what lies before', () => {
    fc.assert(
      fc.property(written, (parts) => {
        const log = logEntries(parts);
        const sure = firstSureLineStart(log);
        const starts = linesOf(log).map(({ cursor }) => cursor);
        if (sure < log.length) expect(starts).toContain(sure);
        else expect(starts.length).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('hasPartialEntries()', () => {
  it('is not misled by text', () => {
    expect(hasPartialEntries(logLines(['stdout P no', ' P ']))).toBe(false);
    expect(hasPartialEntries(logEntries([{ stream: 'stderr', bytes: Buffer.from('a') }]))).toBe(
      true,
    );
  });
});
