/** Snapshots and writable layers on a real overlayfs. */
import {
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  closeSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { digestOf, type Digest } from '../../formats/digest.ts';
import { SqliteState } from '../state/sqlite.ts';
import { OverlaySnapshotter } from './overlay.ts';

let folder: string;
let state: SqliteState;
let snapshotter: OverlaySnapshotter;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-snapshots-'));
  open();
});
afterEach(async () => {
  for (const id of snapshotter.listWritable()) await snapshotter.removeWritable(id);
  close();
  rmSync(folder, { recursive: true, force: true });
});

function open(bootId = 'boot-1', root = folder): void {
  state = new SqliteState(join(folder, 'state.db'));
  snapshotter = new OverlaySnapshotter(join(root, 'snapshots'), state, bootId);
}

function close(): void {
  snapshotter.close();
  state.close();
}

/** Commits a snapshot that holds these files. */
function layer(files: Record<string, string>): Digest {
  const target = snapshotter.beginUnpack();
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(target.directory, name), content);
  const diffId = digestOf(JSON.stringify(files));
  target.commit(diffId, 1);
  return diffId;
}

const read = (...path: string[]) => readFileSync(join(...path), 'utf8');
const layersOnDisk = () => readdirSync(join(folder, 'snapshots/layers')).length;

describe('a snapshot', () => {
  test('is there once it is committed, and gone once it is removed', async () => {
    const target = snapshotter.beginUnpack();
    const diffId = digestOf('x');
    expect(snapshotter.has(diffId)).toBe(false);
    target.commit(diffId, 42);
    expect(snapshotter.has(diffId)).toBe(true);
    expect(snapshotter.sizeBytes(diffId)).toBe(42);
    expect(snapshotter.list()).toEqual([diffId]);
    await snapshotter.remove(diffId);
    await snapshotter.remove(diffId);
    expect([snapshotter.has(diffId), layersOnDisk()]).toEqual([false, 0]);
    expect(() => snapshotter.pathOf(diffId)).toThrow('is not unpacked');
  });

  test('that is committed twice is kept once', async () => {
    const [first, second] = [snapshotter.beginUnpack(), snapshotter.beginUnpack()];
    first.commit(digestOf('x'), 1);
    second.commit(digestOf('x'), 1);
    expect(snapshotter.pathOf(digestOf('x'))).toBe(first.directory);
    await expect.poll(layersOnDisk).toBe(1);
  });

  test('that is given up leaves nothing', async () => {
    const target = snapshotter.beginUnpack();
    writeFileSync(join(target.directory, 'file'), 'x');
    await target.abort();
    expect(layersOnDisk()).toBe(0);
  });

  test('of an unclean boot does not count, unless it was made durable', () => {
    const [a, b] = [layer({ a: '1' }), layer({ b: '2' })];
    snapshotter.markDurable([a]);
    expect(snapshotter.listVolatile()).toEqual([b]);
    close();
    open('boot-2');
    expect([snapshotter.has(a), snapshotter.has(b)]).toEqual([true, false]);
    layer({ b: '2' });
    expect(snapshotter.has(b)).toBe(true);
  });

  test('without a record, and a record without its folder, go at the next start', async () => {
    const [a, b] = [layer({ a: '1' }), layer({ b: '2' })];
    snapshotter.beginUnpack();
    rmSync(snapshotter.pathOf(b), { recursive: true });
    close();
    open();
    await snapshotter.recover();
    expect([snapshotter.has(a), snapshotter.has(b)]).toEqual([true, false]);
    expect(layersOnDisk()).toBe(1);
  });
});

describe('a writable layer', () => {
  test('lies over its layers and outlives its mount', async () => {
    const layers = [layer({ low: 'low', both: 'low' }), layer({ both: 'high' })];
    snapshotter.createWritable('c1');
    const rootfs = snapshotter.mount('c1', layers);
    expect([read(rootfs, 'low'), read(rootfs, 'both')]).toEqual(['low', 'high']);
    writeFileSync(join(rootfs, 'own'), 'mine');
    expect(snapshotter.mount('c1', layers)).toBe(rootfs);
    await snapshotter.unmount('c1');
    await snapshotter.unmount('c1');
    expect(existsSync(join(rootfs, 'own'))).toBe(false);
    expect(read(snapshotter.mount('c1', layers), 'own')).toBe('mine');
    expect(() => snapshotter.createWritable('c1')).toThrow('has a writable layer already');
  });

  test('keeps its content over volatile and plain mounts while the machine runs', async () => {
    const layers = [layer({ low: 'low' })];
    snapshotter.createWritable('c1');
    const mounts = [{ isVolatile: true }, { isVolatile: true }, {}, { isVolatile: true }];
    for (const [round, options] of mounts.entries()) {
      const rootfs = snapshotter.mount('c1', layers, options);
      if (round > 0) expect(read(rootfs, 'own')).toBe(`round ${round - 1}`);
      writeFileSync(join(rootfs, 'own'), `round ${round}`);
      await snapshotter.unmount('c1');
    }
  });

  test('a view and a mount are one file system, whichever came first or ends first', async () => {
    const layers = [layer({ low: 'low' })];
    snapshotter.createWritable('c1');
    const first = snapshotter.openView('c1', layers);
    expect(readdirSync(first.place)).toEqual([]);
    const rootfs = snapshotter.mount('c1', layers);
    const second = snapshotter.openView('c1', layers);
    const device = statSync(rootfs).dev;
    expect([fstatSync(first.tree).dev, fstatSync(second.tree).dev]).toEqual([device, device]);
    await snapshotter.unmount('c1');
    expect(fstatSync(second.tree).dev).toBe(device);
    expect(statSync(snapshotter.mount('c1', layers)).dev).toBe(device);
    first[Symbol.dispose]();
    second[Symbol.dispose]();
    expect(read(rootfs, 'low')).toBe('low');
    await snapshotter.unmount('c1');
    expect(readdirSync(rootfs)).toEqual([]);
  });

  test('goes with all it holds', async () => {
    const layers = [layer({ a: '1' })];
    snapshotter.createWritable('c1');
    writeFileSync(join(snapshotter.mount('c1', layers), 'own'), 'x'.repeat(100_000));
    expect(snapshotter.listWritable()).toEqual(['c1']);
    await snapshotter.removeWritable('c1');
    await snapshotter.removeWritable('c1');
    expect(snapshotter.listWritable()).toEqual([]);
    expect(read(snapshotter.pathOf(layers[0] as Digest), 'a')).toBe('1');
  });

  test('is removed while a file of it is still open somewhere', async () => {
    snapshotter.createWritable('c1');
    const rootfs = snapshotter.mount('c1', [layer({ a: '1' })]);
    const fd = openSync(join(rootfs, 'a'), 'r');
    await snapshotter.removeWritable('c1');
    closeSync(fd);
    expect(snapshotter.listWritable()).toEqual([]);
  });

  test('can stand on no layer at all', () => {
    snapshotter.createWritable('c1');
    expect(readdirSync(snapshotter.mount('c1', []))).toEqual([]);
  });

  test('can stand on the same layer twice: the upper one shows', () => {
    const [a, b] = [layer({ f: 'a' }), layer({ f: 'b' })];
    snapshotter.createWritable('c1');
    expect(read(snapshotter.mount('c1', [a, b, a]), 'f')).toBe('a');
  });

  test('can stand on 128 layers, however long the path and whatever is in it', () => {
    close();
    const root = join(folder, `with:colon,comma and space ${'long'.repeat(30)}`);
    mkdirSync(root);
    open('boot-1', root);
    const layers = Array.from({ length: 128 }, (_, index) => layer({ [`f${index}`]: `${index}` }));
    snapshotter.createWritable('c1');
    const rootfs = snapshotter.mount('c1', layers);
    expect(readdirSync(rootfs)).toHaveLength(128);
    writeFileSync(join(rootfs, 'own'), 'x');
    expect(lstatSync(join(root, 'snapshots/containers/c1/upper/own')).size).toBe(1);
  });

  test('of a name that is no id is refused', () => {
    expect(() => snapshotter.createWritable('../x')).toThrow('not a container id');
    expect(() => snapshotter.createWritable('..')).toThrow('not a container id');
  });
});
