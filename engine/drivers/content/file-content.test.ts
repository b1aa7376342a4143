import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { digestOf } from '../../formats/digest.ts';
import { FileContentStore } from './file-content.ts';

let root: string;
let store: FileContentStore;
const bytes = Buffer.from('content');
const digest = digestOf(bytes);
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gantry-content-'));
  store = new FileContentStore(root);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const ingests = () => readdirSync(join(root, 'ingest'));

test('add() keeps bytes by their digest, also across a restart', async () => {
  expect(await store.add(bytes)).toBe(digest);
  expect(await store.add(bytes)).toBe(digest);
  store = new FileContentStore(root);
  expect([store.has(digest), store.list(), store.sizeBytes(digest)]).toEqual([true, [digest], 7]);
  expect(store.read(digest, 100)).toEqual(bytes);
  expect(ingests()).toEqual([]);
});

const readers: [string, () => unknown][] = [
  ['read()', async () => store.read(digest, 100)],
  ['stream()', () => Array.fromAsync(store.stream(digest))],
];
test.each(readers)(
  '%s notices damage, also across a restart, until a good blob comes',
  async (_, read) => {
    await store.add(bytes);
    writeFileSync(store.pathOf(digest), 'CONTENT');
    await expect(read()).rejects.toThrow(`blob ${digest} is damaged on disk`);
    store = new FileContentStore(root);
    expect([store.has(digest), store.list(), store.listDamaged()]).toEqual([false, [], [digest]]);
    await expect(read()).rejects.toThrow(`blob ${digest} is damaged on disk`);
    await store.add(bytes);
    expect([store.has(digest), store.listDamaged()]).toEqual([true, []]);
    expect(readdirSync(join(root, 'damaged'))).toEqual([]);
  },
);

test('stream() gives no whole copy of a damaged blob away', async () => {
  const large = Buffer.alloc(3 << 20, 'x');
  const largeDigest = await store.add(large);
  large[large.length - 1] = 0;
  writeFileSync(store.pathOf(largeDigest), large);
  let sent = 0;
  const send = async () => {
    for await (const piece of store.stream(largeDigest)) sent += piece.length;
  };
  await expect(send()).rejects.toThrow('is damaged on disk');
  expect(sent).toBeLessThan(large.length);
});

test('holds() looks at the disk', async () => {
  await store.add(bytes);
  expect([store.holds(digest, bytes.length), store.holds(digest, 3)]).toEqual([true, false]);
  rmSync(store.pathOf(digest));
  expect([store.holds(digest, bytes.length), store.has(digest)]).toEqual([false, false]);
  expect(() => store.sizeBytes(digest)).toThrow('is missing: pull the image again');
});

test('read() refuses blobs that are missing or larger than expected', async () => {
  expect(() => store.read(digest, 100)).toThrow('is missing');
  await store.add(bytes);
  expect(() => store.read(digest, 3)).toThrow('larger than 3 bytes');
});

test('an ingest becomes the blob on commit', async () => {
  const ingest = store.ingest(digest);
  writeFileSync(ingest.path, bytes);
  await ingest.commit(digest);
  expect(readFileSync(store.pathOf(digest))).toEqual(bytes);
  ingest.discard();
  expect([store.has(digest), ingests()]).toEqual([true, []]);
});

test('add() takes the place of what was set aside', async () => {
  await store.add(bytes);
  store.setAside(digest);
  await store.add(bytes);
  expect([store.has(digest), ingests()]).toEqual([true, []]);
});

test('setAside() makes a blob the beginning of its next download', async () => {
  await store.add(bytes);
  store.setAside(digest);
  store.setAside(digest);
  expect(store.has(digest)).toBe(false);
  expect(readFileSync(store.ingest(digest).path)).toEqual(bytes);
});

test('remove() is no error for what is not there', async () => {
  await store.add(bytes);
  store.remove(digest);
  store.remove(digest);
  expect([store.has(digest), existsSync(store.pathOf(digest))]).toEqual([false, false]);
});

test('sweepIngests() keeps fresh downloads and removes old ones and those of unknown digest', () => {
  const now = Date.now();
  const [fresh, old] = [store.ingest(digestOf('fresh')).path, store.ingest(digestOf('old')).path];
  for (const path of [fresh, old, store.ingestUnknown().path]) writeFileSync(path, 'part');
  utimesSync(old, 1000, 1000);
  store.sweepIngests(now - 60_000);
  expect(ingests()).toEqual([fresh.split('/').at(-1)]);
});
