import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { run } from './processes.ts';
import { removeTree } from './remove-tree.ts';
import { mount, unmount } from './system-calls.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-remove-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('removeTree() removes files, folders and links, and not what links point at', async () => {
  const tree = join(folder, 'tree');
  mkdirSync(join(tree, 'a/b/c'), { recursive: true });
  writeFileSync(join(folder, 'outside'), 'kept');
  for (let index = 0; index < 300; index++) writeFileSync(join(tree, `a/file ${index}`), 'x');
  symlinkSync(join(folder, 'outside'), join(tree, 'a/b/link'));
  symlinkSync(folder, join(tree, 'a/b/folder'));
  await removeTree(tree);
  expect(existsSync(tree)).toBe(false);
  expect(readFileSync(join(folder, 'outside'), 'utf8')).toBe('kept');
});

test('removeTree() removes folders deeper than any path, which a container may leave', async () => {
  const tree = join(folder, 'tree');
  mkdirSync(tree);
  const nest = 'for (let i = 0; i < 3000; i++) { fs.mkdirSync("a"); process.chdir("a"); }';
  await run(process.execPath, ['-e', nest], { cwd: tree });
  await removeTree(tree);
  expect(existsSync(tree)).toBe(false);
});

test('removeTree() takes any number at once', async () => {
  const trees = Array.from({ length: 200 }, (_, index) => join(folder, `tree${index}`));
  for (const tree of trees) mkdirSync(join(tree, 'a/b'), { recursive: true });
  await Promise.all(trees.map((tree) => removeTree(tree)));
  expect(trees.filter((tree) => existsSync(tree))).toEqual([]);
});

test('removeTree() of what is not there does nothing', async () => {
  await removeTree(join(folder, 'nothing'));
});

test('removeTree() enters no mount', async () => {
  const tree = join(folder, 'tree');
  mkdirSync(join(tree, 'mounted'), { recursive: true });
  mount({ source: 'tmpfs', target: join(tree, 'mounted'), type: 'tmpfs' });
  try {
    writeFileSync(join(tree, 'mounted/kept'), 'kept');
    await removeTree(tree).catch(() => {});
    expect(existsSync(join(tree, 'mounted'))).toBe(true);
  } finally {
    unmount(join(tree, 'mounted'));
  }
});
