import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logEntries, logLines, stampOf, type Written } from '../../test/support/log-entries.ts';
import { LogFramer, type LogFormat } from './log-frames.ts';
import { FrameDecoder } from './stream-frame.ts';

const EVERYTHING: LogFormat = { stdout: true, stderr: true, framed: true, timestamps: false };
const START_NS = BigInt(Date.parse('2026-11-20T09:00:00Z')) * 1_000_000n;

function formatted(log: Buffer, format: Partial<LogFormat> = {}): Buffer {
  return new LogFramer({ ...EVERYTHING, ...format }).push(Buffer.from(log));
}

function textOf(log: Buffer, format: Partial<LogFormat> = {}): string {
  return formatted(log, { framed: false, ...format }).toString();
}

const output: fc.Arbitrary<Written[]> = fc.array(
  fc.record({
    stream: fc.constantFrom('stdout' as const, 'stderr' as const),
    bytes: fc
      .array(
        fc.oneof(
          fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
          fc.constant(Buffer.from('\n')),
          fc.constant(Buffer.alloc(20_000, 'long')),
        ),
        { maxLength: 5 },
      )
      .map((parts) => Buffer.concat(parts)),
  }),
  { maxLength: 6 },
);

describe('a log read back', () => {
  it('is byte for byte what was written to each stream', () => {
    fc.assert(
      fc.property(output, (written) => {
        const frames = new FrameDecoder().push(formatted(logEntries(written)));
        for (const stream of ['stdout', 'stderr'] as const) {
          const wrote = written.filter((part) => part.stream === stream);
          const read = frames.filter((frame) => frame.stream === stream);
          expect(Buffer.concat(read.map(({ bytes }) => bytes))).toEqual(
            Buffer.concat(wrote.map(({ bytes }) => bytes)),
          );
        }
      }),
    );
  });

  it('has a frame for each line, and fewer in bulk', () => {
    const decoder = new FrameDecoder();
    expect(decoder.push(formatted(logLines(['one', 'two', 'three'])))).toHaveLength(3);
    const bulk = Array.from({ length: 5000 }, (_, index) => `line ${index}`);
    const frames = decoder.push(formatted(logLines(bulk)));
    expect(frames).toHaveLength(1);
    expect(frames[0]?.bytes.toString()).toBe(`${bulk.join('\n')}\n`);
  });

  it('leaves out the stream not asked for', () => {
    const log = Buffer.concat([logLines(['out']), logLines(['err'], 'stderr')]);
    expect(textOf(log, { stdout: false })).toBe('err\n');
    expect(textOf(log, { stderr: false })).toBe('out\n');
  });

  it('is raw with a terminal', () => {
    expect(textOf(logEntries([{ stream: 'stdout', bytes: Buffer.from('$ ls\r\na\r\n$ ') }]))).toBe(
      '$ ls\r\na\r\n$ ',
    );
  });

  it('carries a time stamp before each line, not inside a long one', () => {
    const log = logLines(['short', 'x'.repeat(10_000)]);
    const text = textOf(log, { timestamps: true });
    expect(text).toBe(`${stampOf(0)}Z short\n${stampOf(1)}Z ${'x'.repeat(10_000)}\n`);
  });

  it('has time stamps in UTC, whatever zone the monitor ran in', () => {
    const entry = Buffer.from('2026-01-01T00:30:00.500000000+01:00 stdout F early\n');
    expect(textOf(entry, { timestamps: true })).toBe('2025-12-31T23:30:00.500000000Z early\n');
  });

  it('carries details after the stamp, however long', () => {
    const details = `label=${'v'.repeat(100)} `;
    const text = textOf(logLines(['a', 'b']), { timestamps: true, details });
    expect(text).toBe(`${stampOf(0)}Z ${details}a\n${stampOf(1)}Z ${details}b\n`);
    expect(textOf(logLines(['a']), { details: ' ' })).toBe(' a\n');
  });

  it('starts at since and is done after until, both inclusive', () => {
    const log = logLines(['0', '1', '2', '3', '4']);
    expect(textOf(log, { sinceNs: START_NS + 3n })).toBe('3\n4\n');
    const framer = new LogFramer({ ...EVERYTHING, framed: false, untilNs: START_NS + 1n });
    expect(framer.push(Buffer.from(log)).toString()).toBe('0\n1\n');
    expect(framer.isDone).toBe(true);
  });
});
