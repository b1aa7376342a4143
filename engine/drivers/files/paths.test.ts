import { expect, test } from 'vitest';
import { archiveSource, cleanPath } from './paths.ts';

test.each([
  ['/', '/'],
  ['.', '/.'],
  ['/.', '/.'],
  ['a', '/a'],
  ['/a/', '/a/'],
  ['/a/.', '/a/.'],
  ['//a//b', '/a/b'],
  ['/../../a', '/a'],
  ['/a/../b/', '/b/'],
  ['/a/./b', '/a/b'],
  ['/a.', '/a.'],
])('cleanPath() makes of %s what Docker does: %s', (path, clean) => {
  expect(cleanPath(path)).toBe(clean);
});

test.each([
  ['/', '/'],
  ['/a/b', 'b'],
  ['/a/b/', 'b'],
  ['/a/.', '.'],
  ['/.', '.'],
])('an archive of %s begins with an entry named %s', (path, name) => {
  expect(archiveSource(path).name).toBe(name);
});
