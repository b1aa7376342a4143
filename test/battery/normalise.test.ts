import { describe, expect, test } from 'vitest';
import { normalised } from './normalise.ts';

const SURROUNDINGS = { folder: '/tmp/battery-x', engineFolder: '/tmp/engine-y' };

describe('normalised()', () => {
  test.each([
    { what: 'ids', line: `${'ab12'.repeat(16)} and ab12cd34ef56`, left: '<id64> and <id>' },
    { what: 'digests', line: `sha256:${'0f'.repeat(32)}`, left: 'sha256:<digest>' },
    { what: 'times', line: '2026-11-30T20:30:28.123456789Z x', left: '<time> x' },
    { what: 'ages', line: 'Up 3 seconds, 2 weeks ago', left: 'Up <age>, <age> ago' },
    { what: 'addresses', line: '172.17.0.2 02:42:ac:11:00:02', left: '<address> <mac>' },
    { what: 'sizes of images', line: '2.01MB', left: '<size>' },
    {
      what: 'its own folders',
      line: '/tmp/battery-x/a /tmp/engine-y/b',
      left: '<folder>/a <engine>/b',
    },
    { what: 'column widths', line: 'NAME      ID   ', left: 'NAME  ID' },
  ])('takes out $what', ({ line, left }) => {
    expect(normalised(`${line}\n`, SURROUNDINGS)).toEqual([left]);
  });

  test.each([
    '0001-01-01T00:00:00Z',
    '2024-01-02T03:04:05Z',
    '127.0.0.1:80',
    '10.1.2.3',
    'defaced',
  ])('leaves %s, which is the same every time', (text) => {
    expect(normalised(text, SURROUNDINGS)).toEqual([text]);
  });

  test('shows carriage returns', () => {
    expect(normalised('a\r\n', SURROUNDINGS)).toEqual(['a<CR>']);
  });
});
