import { expect, test } from 'vitest';
import { aContainer, anImage } from '../../testing/containers.ts';
import { applyImageWatch } from './store.ts';
import { buildImageRows, splitTag, usersByImage, type ImageView } from './rows.ts';

const VIEW: ImageView = { search: '', filter: 'all', sort: 'repository', descending: false };
const NOBODY = new Map<string, string[]>();

test('splitTag() takes the port of a registry for what it is', () => {
  expect(splitTag('nginx:1.29')).toEqual({ repository: 'nginx', tag: '1.29' });
  expect(splitTag('localhost:5000/web')).toEqual({ repository: 'localhost:5000/web', tag: '' });
  expect(splitTag('localhost:5000/web:2')).toEqual({ repository: 'localhost:5000/web', tag: '2' });
});

test('an image has a row for each of its tags, and one by its ID when it has none', () => {
  const rows = buildImageRows(
    [
      anImage({ Id: 'sha256:b', RepoTags: [], RepoDigests: [] }),
      anImage({ Id: 'sha256:a', RepoTags: ['web:1', 'web:latest'] }),
    ],
    NOBODY,
    VIEW,
  );
  expect(rows.map((row) => [row.key, row.repository, row.tag])).toEqual([
    ['web:1', 'web', '1'],
    ['web:latest', 'web', 'latest'],
    ['sha256:b', null, null],
  ]);
});

test('an image knows the containers made from it, and the filters split by that', () => {
  const used = anImage({ Id: 'sha256:a', RepoTags: ['web:1'] });
  const idle = anImage({ Id: 'sha256:b', RepoTags: ['db:1'] });
  const users = usersByImage([
    aContainer({ name: 'z', ImageID: 'sha256:a' }),
    aContainer({ name: 'b', ImageID: 'sha256:a' }),
  ]);
  const keys = (filter: ImageView['filter']) =>
    buildImageRows([used, idle], users, { ...VIEW, filter }).map((row) => row.key);
  expect(users.get('sha256:a')).toEqual(['b', 'z']);
  expect(keys('used')).toEqual(['web:1']);
  expect(keys('unused')).toEqual(['db:1']);
});

test('sorting by size puts the largest first, and the other way round when reversed', () => {
  const images = [
    anImage({ RepoTags: ['a:1'], Size: 1 }),
    anImage({ RepoTags: ['b:1'], Size: 3 }),
    anImage({ RepoTags: ['c:1'], Size: 2 }),
  ];
  const keys = (descending: boolean) =>
    buildImageRows(images, NOBODY, { ...VIEW, sort: 'size', descending }).map((row) => row.key);
  expect(keys(false)).toEqual(['b:1', 'c:1', 'a:1']);
  expect(keys(true)).toEqual(['a:1', 'c:1', 'b:1']);
});

test('a reset keeps the identity of images that did not change', () => {
  const image = anImage();
  const before = { byId: new Map([[image.Id, image]]), removing: new Set<string>() };
  const after = applyImageWatch(before, [{ kind: 'image', value: structuredClone(image) }]);
  expect(after.byId.get(image.Id)).toBe(image);
  expect(applyImageWatch(before, [{ kind: 'container-gone', id: 'x' }])).toBe(before);
});
