import { expect, test } from 'vitest';
import { referenceProblem, tidyReference } from './reference.ts';

test.each([
  'nginx',
  'postgres:17',
  'ghcr.io/immich-app/server:v2',
  'localhost:5000/web:1.0-rc.1',
  'my__image',
  `busybox@sha256:${'a'.repeat(64)}`,
])('%s is a reference', (reference) => {
  expect(referenceProblem(reference)).toBeNull();
});

test.each([
  ['two words', 'spaces'],
  ['MyImage:1', 'uppercase'],
  ['ghcr.io/Immich/server', 'uppercase'],
  ['nginx:', 'malformed'],
  ['-x', 'malformed'],
  ['a//b', 'malformed'],
])('%s is none: %s', (reference, problem) => {
  expect(referenceProblem(reference)).toBe(problem);
});

test('what people paste is taken for what they mean', () => {
  expect(tidyReference('  docker pull nginx:1.29\n')).toBe('nginx:1.29');
  expect(tidyReference('https://hub.docker.com/_/redis/')).toBe('redis');
  expect(tidyReference('https://ghcr.io/a/b:1')).toBe('ghcr.io/a/b:1');
});
