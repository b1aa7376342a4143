import { beforeEach, describe, expect, test } from 'vitest';
import { chainIdsOf } from '../../formats/chain-id.ts';
import { digestOf } from '../../formats/digest.ts';
import { pruneImages } from './prune.ts';
import { removeImage } from './remove.ts';
import { ImageShelf } from './testing/image-shelf.ts';

let shelf: ImageShelf;
beforeEach(() => {
  shelf = new ImageShelf();
});

const chain = (...names: string[]) => chainIdsOf(names.map(digestOf));
const actions = () => shelf.events.map(({ action }) => action);

describe('removing an image', () => {
  test('tells its layers by what they stand on, highest first, but for shared ones', () => {
    const id = shelf.add('a', { layers: ['base', 'one', 'two'] });
    shelf.add('b', { layers: ['base', 'other', 'two'] });
    const [, one, two] = chain('base', 'one', 'two');
    expect(removeImage(shelf.parts, 'a')).toEqual([
      { Untagged: 'a:latest' },
      { Deleted: id },
      { Deleted: two },
      { Deleted: one },
    ]);
  });

  test('takes along the nameless images it was made from, up to one that is needed', () => {
    const [, second, third] = chain('1', '2', '3');
    const named = shelf.add('named', { layers: ['1'] });
    const nameless = shelf.add('nameless', { names: [], layers: ['1', '2'], parent: named });
    const top = shelf.add('top', { layers: ['1', '2', '3'], parent: nameless });
    expect(removeImage(shelf.parts, 'top')).toEqual([
      { Untagged: 'top:latest' },
      ...[top, third, nameless, second].map((Deleted) => ({ Deleted })),
    ]);
    expect(actions()).toEqual(['untag', 'delete', 'delete']);
    expect(shelf.images.isListed(named)).toBe(true);
  });

  test.each(['a container', 'another image'])('spares a parent that %s needs', (what) => {
    const base = shelf.add('base', { names: [] });
    shelf.add('top', { parent: base });
    if (what === 'a container') shelf.use(base);
    else shelf.add('sibling', { parent: base });
    removeImage(shelf.parts, 'top');
    expect(shelf.images.isListed(base)).toBe(true);
  });

  test('leaves parents alone when told so', () => {
    const base = shelf.add('base', { names: [] });
    shelf.add('top', { parent: base });
    removeImage(shelf.parts, 'top', { keepsParents: true });
    expect(shelf.images.isListed(base)).toBe(true);
  });

  test('is refused while another was made from it, even by force; the name goes', () => {
    const base = shelf.add('base');
    shelf.add('top', { parent: base });
    expect(() => removeImage(shelf.parts, base, { force: true })).toThrow(
      `conflict: unable to delete ${base.slice(7, 19)} (cannot be forced) - ` +
        'image has dependent child images',
    );
    expect(removeImage(shelf.parts, 'base')).toEqual([{ Untagged: 'base:latest' }]);
    expect(shelf.images.isListed(base)).toBe(true);
  });

  test('quotes the name in a conflict as it was typed', () => {
    const id = shelf.add('a');
    const user = shelf.use(id);
    expect(() => removeImage(shelf.parts, 'docker.io/library/a')).toThrow(
      `conflict: unable to remove repository reference "docker.io/library/a" (must force) - ` +
        `container ${user} is using its referenced image ${id.slice(7, 19)}`,
    );
  });

  test('of one name among several by its digest leaves the others', () => {
    const digest = digestOf('manifest');
    const id = shelf.add('a', { names: ['r/a:v1', `r/a@${digest}`] });
    expect(removeImage(shelf.parts, `r/a@${digest}`)).toEqual([{ Untagged: `r/a@${digest}` }]);
    expect(shelf.images.referencesOf(id)).toHaveLength(1);
  });

  test('by id takes a tag and digests of one repository, but no second repository', () => {
    const digest = digestOf('manifest');
    const one = shelf.add('a', { names: ['r/a:v1', `r/a@${digest}`] });
    expect(removeImage(shelf.parts, one.slice(7, 15)).slice(0, 2)).toEqual([
      { Untagged: 'r/a:v1' },
      { Untagged: `r/a@${digest}` },
    ]);
    const two = shelf.add('b', { names: ['r/b:v1', `other/b@${digest}`] });
    expect(() => removeImage(shelf.parts, two)).toThrow(
      '(must be forced) - image is referenced in multiple repositories',
    );
    expect(removeImage(shelf.parts, two, { force: true })).toHaveLength(4);
  });
});

describe('pruning', () => {
  const prune = (filters: Record<string, string[]> = {}) =>
    pruneImages(shelf.parts, new Map(Object.entries(filters)), 0n);

  test('counts only the bytes that no image has any more', () => {
    shelf.add('kept', { layers: ['shared', 'k'] });
    const id = shelf.add('gone', { names: [], layers: ['shared', 'four'] });
    const [, top] = chain('shared', 'four');
    expect(prune()).toEqual({ deleted: [{ Deleted: id }, { Deleted: top }], reclaimedBytes: 4 });
    expect(shelf.events.at(-1)).toMatchObject({ action: 'prune', attributes: { reclaimed: '4' } });
  });

  test('takes every unused image with dangling=false, names and all', () => {
    const used = shelf.add('used');
    shelf.use(used);
    shelf.add('two-names', { names: ['x:1', 'x:2'] });
    const base = shelf.add('base', { names: [] });
    shelf.add('child', { parent: base });
    const { deleted } = prune({ dangling: ['false'] });
    expect(deleted.flatMap(({ Untagged }) => Untagged ?? [])).toEqual(
      expect.arrayContaining(['x:1', 'x:2', 'child:latest']),
    );
    expect(shelf.images.all().map(({ id }) => id)).toEqual([used]);
  });

  test('takes what was pulled by digest alone, and no image that others need', () => {
    shelf.add('pinned', { names: [`p@${digestOf('m')}`] });
    const base = shelf.add('base', { names: [] });
    shelf.add('child', { parent: base });
    prune();
    expect(shelf.images.all()).toHaveLength(2);
  });

  test('goes by labels, wanted and unwanted, and by age', () => {
    shelf.add('a', { names: [], config: { Labels: { tier: 'web' } } });
    shelf.add('b', { names: [], config: { Labels: { keep: '' } } });
    shelf.add('c', { names: [], created: '2020-01-01T00:00:00Z' });
    const left = () => shelf.images.all().length;
    prune({ 'label!': ['keep'], until: ['2020-01-01T00:00:00Z'] });
    expect(left()).toBe(2);
    prune({ label: ['tier=web'] });
    expect(left()).toBe(1);
    prune({ 'label!': ['keep'] });
    expect(left()).toBe(1);
    expect(() => prune({ until: ['1h', '2h'] })).toThrow('more than one until filter specified');
    expect(() => prune({ before: ['x'] })).toThrow("invalid filter 'before'");
  });
});
