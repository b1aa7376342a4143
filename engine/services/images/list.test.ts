import * as fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { digestOf } from '../../formats/digest.ts';
import { listImages, type ListOptions } from './list.ts';
import { ImageShelf } from './testing/image-shelf.ts';

let shelf: ImageShelf;
beforeEach(() => {
  shelf = new ImageShelf();
});

const NOW_NS = BigInt(Date.parse('2024-06-01T00:00:00Z')) * 1_000_000n;
const list = (
  filters: Record<string, string[]> = {},
  all = false,
  options: Partial<ListOptions> = {},
) =>
  listImages(shelf.parts, {
    all,
    filters: new Map(Object.entries(filters)),
    withSharedSize: true,
    withContainers: true,
    withManifests: false,
    nowNs: NOW_NS,
    ...options,
  });
/** The names shown, or the beginning of the id of an image without any. */
const shown = (filters?: Record<string, string[]>, all?: boolean) =>
  list(filters, all)
    .flatMap(({ Id, RepoTags, RepoDigests }) => {
      const names = [...RepoTags, ...RepoDigests];
      return names.length > 0 ? names : [Id.slice(7, 13)];
    })
    .toSorted();
const short = (seed: string) => digestOf(seed).slice(7, 13);
const digest = digestOf('a manifest');

test('images that others were made from are shown when they have a name or are asked for', () => {
  const base = shelf.add('base', { names: [] });
  const middle = shelf.add('middle', { parent: base });
  shelf.add('top', { names: [], parent: middle });
  expect(shown()).toEqual([short('top'), 'middle:latest'].toSorted());
  expect(shown({}, true)).toHaveLength(3);
  expect(shown({ dangling: ['true'] }, true)).toEqual([short('top')]);
  expect(
    list()
      .map(({ ParentId }) => ParentId)
      .toSorted(),
  ).toEqual([base, middle].toSorted());
});

test('dangling is what has no tag; a digest alone is a name all the same', () => {
  shelf.add('nameless', { names: [] });
  shelf.add('by-digest', { names: [`pulled@${digest}`] });
  shelf.add('tagged');
  expect(shown({ dangling: ['true'] })).toEqual([short('nameless'), `pulled@${digest}`].toSorted());
  expect(shown({ dangling: ['0'] })).toEqual([`pulled@${digest}`, 'tagged:latest']);
  expect(() => list({ dangling: ['true', 'false'] })).toThrow(
    "invalid filter 'dangling=[true false]'",
  );
  expect(() => list({ dangling: ['yes'] })).toThrow("invalid filter 'dangling=[yes]'");
});

test('before, since and until compare moments; an image without one passes none of them', () => {
  shelf.add('one', { created: '2020-01-01T00:00:00.123456788Z' });
  shelf.add('two', { created: '2020-01-01T00:00:00.123456789Z' });
  shelf.add('three', { created: '2024-05-31T23:30:00Z' });
  shelf.add('never', { created: '' });
  expect(shown({ before: ['two'] })).toEqual(['one:latest']);
  expect(shown({ since: ['one'] })).toEqual(['three:latest', 'two:latest']);
  expect(shown({ before: ['three'], since: ['one'] })).toEqual(['two:latest']);
  expect(shown({ before: ['three', 'two'] })).toEqual(['one:latest']);
  expect(shown({ until: ['1h'] })).toEqual(['one:latest', 'two:latest']);
  expect(shown({ until: ['2020-01-01T00:00:00.123456789Z'] })).toEqual(['one:latest']);
  expect(shown({ before: ['never'] })).toHaveLength(4);
  expect(() => list({ before: ['nothing'] })).toThrow('No such image: nothing:latest');
  expect(() => list({ until: ['soon'] })).toThrow('failed to parse value as time or duration');
});

test('reference shows the names that match, by name with and without a tag', () => {
  shelf.add('a', { names: ['web:v1', 'web:v2', 'local:5000/team/web:v1', `web@${digest}`] });
  shelf.add('b', { names: ['db'].map((name) => `${name}:latest`) });
  shelf.add('nameless', { names: [] });
  expect(shown({ reference: ['web:v1'] })).toEqual(['web:v1']);
  expect(shown({ reference: ['web'] })).toEqual(['web:v1', 'web:v2', `web@${digest}`]);
  expect(shown({ reference: ['w?b:v[2-9]', 'd*'] })).toEqual(['db:latest', 'web:v2']);
  expect(shown({ reference: ['*/*/web'] })).toEqual(['local:5000/team/web:v1']);
  expect(shown({ reference: ['nothing'] })).toEqual([]);
  expect(() => list({ reference: ['[a'] })).toThrow('syntax error in pattern');
});

test('label asks for every one that is named, by key or by key and value', () => {
  shelf.add('a', { config: { Labels: { tier: 'web', empty: '', eq: 'x=y' } } });
  shelf.add('b', { config: { Labels: null } });
  for (const label of [['tier'], ['tier=web', 'empty'], ['empty='], ['eq=x=y']])
    expect(shown({ label })).toEqual(['a:latest']);
  expect(shown({ label: ['tier', 'tier=db'] })).toEqual([]);
  expect(shown({ label: ['toString'] })).toEqual([]);
  expect(list().map(({ Labels }) => Labels)).toContain(null);
});

test('containers are counted where it is asked for, stopped ones too', () => {
  const id = shelf.add('a');
  shelf.add('b');
  shelf.use(id);
  shelf.use(id, true);
  expect(list().map(({ Id, Containers }) => [Id === id, Containers])).toEqual([
    [true, 2],
    [false, 0],
  ]);
  expect(list({}, false, { withContainers: false })[0]?.Containers).toBe(-1);
});

test('what images have of their own and what they share adds up to what there is', () => {
  const layer = fc.constantFrom('x', 'yy', 'zzz', 'wwww', 'vvvvv');
  const image = fc.uniqueArray(layer, { maxLength: 4 });
  fc.assert(
    fc.property(fc.array(image, { maxLength: 6 }), (all) => {
      shelf = new ImageShelf();
      all.forEach((layers, index) => shelf.add(`image-${index}`, { layers }));
      const unique = new Map<string, number>();
      for (const name of all.flat()) unique.set(name, (unique.get(name) ?? 0) + 1);
      const shared = [...unique].reduce((sum, [it, n]) => sum + (n > 1 ? it.length : 0), 0);
      const own = list().reduce((sum, { Size, SharedSize }) => sum + Size - SharedSize, 0);
      const stored = [...unique.keys()].reduce((sum, name) => sum + name.length, 0);
      expect(own + shared).toBe(stored);
    }),
  );
});

test('an unknown filter is refused', () => {
  expect(() => list({ nonsense: ['x'] })).toThrow("invalid filter 'nonsense'");
});
