/** What needs root: owners, devices, attributes. */
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { getAttribute, makeNode, setAttribute } from '../../host/system-calls.ts';
import { LocalVolumeStore } from './local.ts';

let root: string;
let source: string;
let store: LocalVolumeStore;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gantry-copy-up-'));
  source = join(root, 'image');
  mkdirSync(source);
  store = new LocalVolumeStore(root);
  store.create('data');
});

afterEach(() => rmSync(root, { recursive: true }));

test('copyUp() keeps owner and mode of an empty directory', async () => {
  chownSync(source, 70, 71);
  chmodSync(source, 0o1770);
  await store.copyUp('data', source);
  expect(statSync(store.pathOf('data'))).toMatchObject({ uid: 70, gid: 71, mode: 0o041770 });
});

test('copyUp() keeps owners, modes, attributes, hard links, symlinks and devices', async () => {
  const file = join(source, 'file');
  writeFileSync(file, 'x');
  chownSync(file, 5, 6);
  chmodSync(file, 0o4755);
  setAttribute(file, 'user.note', Buffer.from('kept'));
  linkSync(file, join(source, 'same'));
  symlinkSync('/etc/shadow', join(source, 'link'));
  makeNode(join(source, 'null'), 0o020666, 1, 3);
  chownSync(source, 70, 70);
  await store.copyUp('data', source);

  const target = store.pathOf('data');
  const copied = statSync(join(target, 'file'));
  expect(copied).toMatchObject({ uid: 5, gid: 6, mode: 0o104755, nlink: 2 });
  expect(statSync(join(target, 'same')).ino).toBe(copied.ino);
  expect(getAttribute(join(target, 'file'), 'user.note')?.toString()).toBe('kept');
  expect(readlinkSync(join(target, 'link'))).toBe('/etc/shadow');
  expect(lstatSync(join(target, 'null')).rdev).toBe(0x103);
  expect(statSync(target)).toMatchObject({ uid: 70, gid: 70 });
});
