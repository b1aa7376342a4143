import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeTar } from '../../../test/support/tar-writer.ts';
import { FileContentStore } from './file-content.ts';
import { receiveArchive } from './received-archive.ts';

let root: string;
let store: FileContentStore;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gantry-received-'));
  store = new FileContentStore(root);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function receive(bytes: Buffer, expansion = { expansion: 100, freeBytes: 1 << 20 }) {
  return receiveArchive(
    (async function* () {
      for (let at = 0; at < bytes.length; at += 3) yield bytes.subarray(at, at + 3);
    })(),
    {
      createIngest: () => store.ingestUnknown(),
      onFile: () => {},
      signal: new AbortController().signal,
      expansion,
    },
  );
}

test('receiveArchive() tells a compression in however small pieces it comes', async () => {
  using archive = await receive(gzipSync(writeTar([{ name: './a//b', content: 'content' }])));
  expect(archive.read('a/b', 100)?.toString()).toBe('content');
});

test('receiveArchive() takes in nothing at all as an archive of no files', async () => {
  using archive = await receive(Buffer.alloc(0));
  expect(archive.file('a')).toBeUndefined();
});

test('receiveArchive() refuses a bomb, and keeps nothing of it', async () => {
  const bomb = gzipSync(writeTar([{ name: 'zeros', content: Buffer.alloc(4 << 20) }]));
  await expect(receive(bomb)).rejects.toThrow(
    'the archive unpacks to more than 100 times its size',
  );
  expect(readdirSync(join(root, 'ingest'))).toEqual([]);
});
