import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DetachKeyFilter, parseDetachKeys } from './detach-keys.ts';

describe('parseDetachKeys()', () => {
  test('reads letters, control letters and control marks', () => {
    expect([...parseDetachKeys('a,ctrl-b,ctrl-@,ctrl-[,ctrl-_')]).toEqual([97, 2, 0, 27, 31]);
  });

  test('takes ctrl-p,ctrl-q where nothing is said', () => {
    expect([...parseDetachKeys('')]).toEqual([16, 17]);
    expect([...parseDetachKeys(undefined)]).toEqual([16, 17]);
  });

  test('refuses what is no key', () => {
    expect(() => parseDetachKeys('ctrl-')).toThrow("Unknown character: 'ctrl-'");
    expect(() => parseDetachKeys('shift-a')).toThrow("Unknown character: 'shift-a'");
  });
});

describe('DetachKeyFilter', () => {
  const pieces = (text: string) => Buffer.from(text, 'latin1');

  test('passes everything on but the complete sequence, however it is cut', () => {
    const filter = new DetachKeyFilter(parseDetachKeys(''));
    expect(filter.push(pieces('ab'))?.toString()).toBe('ab');
    expect(filter.push(pieces('\x10'))?.toString()).toBe('');
    expect(filter.push(pieces('x'))?.toString('latin1')).toBe('\x10x');
    expect(filter.push(pieces('\x10\x10'))?.toString('latin1')).toBe('\x10');
    expect(filter.push(pieces('\x11'))).toBeUndefined();
  });

  test('loses nothing of input without the sequence', () => {
    const bytes = fc.array(fc.uint8Array({ maxLength: 6 }));
    fc.assert(
      fc.property(bytes, (input) => {
        const whole = Buffer.concat(input);
        fc.pre(!whole.includes(Buffer.of(16, 17)) && whole.at(-1) !== 16);
        const filter = new DetachKeyFilter(Buffer.of(16, 17));
        const passed = input.map((piece) => filter.push(Buffer.from(piece)) ?? Buffer.alloc(0));
        expect(Buffer.concat(passed)).toEqual(whole);
      }),
    );
  });
});
