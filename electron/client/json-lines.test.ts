import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJsonLines } from './json-lines.ts';

async function* cut(bytes: Uint8Array, step: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}

async function collect(documents: AsyncIterable<unknown>): Promise<unknown[]> {
  const collected: unknown[] = [];
  for await (const document of documents) collected.push(document);
  return collected;
}

describe('JSON lines', () => {
  it('come back whole from a byte stream cut anywhere', async () => {
    const value = fc.jsonValue().map((any): unknown => JSON.parse(JSON.stringify({ any })));
    await fc.assert(
      fc.asyncProperty(fc.array(value), fc.integer({ min: 1, max: 20 }), async (values, step) => {
        const wire = Buffer.from(values.map((each) => `${JSON.stringify(each)}\n`).join(''));
        expect(await collect(parseJsonLines(cut(wire, step)))).toEqual(values);
      }),
    );
  });

  it('need no newline at the end', async () => {
    const wire = Buffer.from('{"a":1}\r\n\n{"b":2}');
    expect(await collect(parseJsonLines(cut(wire, 3)))).toEqual([{ a: 1 }, { b: 2 }]);
  });

  it('throw what the engine reports after it began to answer', async () => {
    const wire = Buffer.from(
      '{"status":"x"}\n{"errorDetail":{"message":"no space"},"error":"no space"}\n',
    );
    await expect(collect(parseJsonLines(cut(wire, 7)))).rejects.toThrow('no space');
  });
});
