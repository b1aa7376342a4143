import { expect, test } from 'vitest';
import { aContainer, anImage } from '../testing/containers.ts';
import { readLists, saveLists } from './cache.ts';

function memory(limit = Number.POSITIVE_INFINITY) {
  const items = new Map<string, string>();
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => {
      if (value.length > limit) throw new Error('QuotaExceededError');
      items.set(key, value);
    },
  };
}

test('what was saved is read back with its age', () => {
  const storage = memory();
  const lists = { savedMs: 5, engine: null, containers: [aContainer()], images: [anImage()] };
  saveLists(storage, lists);
  expect(readLists(storage)).toEqual(lists);
});

test('long lists are cut, so that the cache stays far below what a browser keeps', () => {
  const storage = memory(5_000_000);
  const images = Array.from({ length: 10_000 }, (_, at) => anImage({ RepoTags: [`image:${at}`] }));
  saveLists(storage, { savedMs: 1, engine: null, containers: [], images });
  expect(readLists(storage)?.images).toHaveLength(3_000);
});

test.each(['nonsense', '{}', '{"format":1}', '{"format":99,"containers":[],"images":[]}'])(
  'a cache that reads %s is no cache',
  (saved) => {
    expect(readLists({ getItem: () => saved, setItem: () => {} })).toBeNull();
  },
);

test('a full storage does not stop the window', () => {
  const storage = memory(10);
  saveLists(storage, { savedMs: 1, engine: null, containers: [aContainer()], images: [] });
  expect(readLists(storage)).toBeNull();
});
