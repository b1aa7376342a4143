import { expect, test } from 'vitest';
import { unionOfScopes } from './scopes.ts';

test('unionOfScopes() joins actions of a repository, whatever their order', () => {
  expect(unionOfScopes(['repository:a/b:push,pull', 'repository:a/b:pull'])).toEqual([
    'repository:a/b:pull,push',
  ]);
  expect(unionOfScopes(['repository:b:pull repository:a:pull', '', 'repository:b:push'])).toEqual([
    'repository:a:pull',
    'repository:b:pull,push',
  ]);
});

test('unionOfScopes() keeps the port of a name and what it does not know', () => {
  expect(unionOfScopes(['repository:host:5000/a:pull', 'registry:catalog:*'])).toEqual([
    'registry:catalog:*',
    'repository:host:5000/a:pull',
  ]);
});
