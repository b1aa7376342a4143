import { expect, test } from 'vitest';
import { jsonRows, splitByHit } from './json-tree.ts';

const DOCUMENT = {
  Id: 'abc',
  State: { Running: true, Health: { Status: 'healthy' } },
  Ports: { '80/tcp': [{ HostPort: '8080' }] },
  Empty: [],
};
const shown = (search = '', toggled: [string, boolean][] = []) =>
  jsonRows(DOCUMENT, { search, toggled: new Map(toggled) }).map((row) => row.key);

test('a document opens to its second level', () => {
  expect(shown()).toEqual([
    '.',
    '.Id',
    '.State',
    '.State.Running',
    '.State.Health',
    '.Ports',
    '.Ports["80/tcp"]',
    '.Empty',
  ]);
});

test('a row opened or closed by hand stays so', () => {
  expect(shown('', [['.State', false]])).not.toContain('.State.Running');
  expect(shown('', [['.Ports["80/tcp"]', true]])).toContain('.Ports["80/tcp"][0]');
});

test('a search opens the way to what it finds, names and values alike', () => {
  expect(shown('8080')).toContain('.Ports["80/tcp"][0].HostPort');
  const hits = jsonRows(DOCUMENT, { search: 'HEALTH', toggled: new Map() }).filter(
    (row) => row.isHit,
  );
  expect(hits.map((row) => row.key)).toEqual(['.State.Health', '.State.Health.Status']);
});

test('what is empty or in a box says so', () => {
  const rows = jsonRows({ a: [], b: {}, c: [1, 2], d: null }, { search: '', toggled: new Map() });
  expect(rows.map((row) => row.text)).toEqual(['{4}', '[]', '{}', '[2]', '1', '2', 'null']);
});

test('splitByHit() keeps every letter', () => {
  expect(splitByHit('aXbxc', 'x')).toEqual([
    { text: 'a', isHit: false },
    { text: 'X', isHit: true },
    { text: 'b', isHit: false },
    { text: 'x', isHit: true },
    { text: 'c', isHit: false },
  ]);
  expect(splitByHit('abc', '')).toEqual([{ text: 'abc', isHit: false }]);
});
