import { describe, expect, it } from 'vitest';
import { parseTable } from './top.ts';

describe("the table of a container's processes", () => {
  it('has the rows of its pids alone, and a command with its blanks', () => {
    const output = 'UID   PID CMD\nroot  1 init\nroot  20 sh -c  x\u00a0y\nroot  3 other\n';
    expect(parseTable(output, new Set([20]))).toEqual({
      titles: ['UID', 'PID', 'CMD'],
      rows: [['root', '20', 'sh -c x\u00a0y']],
    });
  });

  it('has the threads that ps shows below a process', () => {
    const output = ' PID CMD\n 1 a\n - -\n 2 b\n - -\n - -\n';
    expect(parseTable(output, new Set([2])).rows).toEqual([
      ['2', 'b'],
      ['-', '-'],
      ['-', '-'],
    ]);
  });

  it('is refused without a column of pids, and with one that has something else', () => {
    expect(() => parseTable('CMD\na\n', new Set())).toThrow("Couldn't find PID field in ps output");
    expect(() => parseTable('PID\nsh\n', new Set())).toThrow("Unexpected pid 'sh'");
  });
});
