/** What a layer may be packed with, and what it may make of the machine. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeTar } from '../../../test/support/tar-writer.ts';
import { digestOf } from '../../formats/digest.ts';
import { unpackLayer, type UnpackLimits } from './layer-pipeline.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'gantry-layer-'))));
afterEach(() => rmSync(folder, { recursive: true }));

function unpack(blob: Buffer, limits?: Partial<UnpackLimits>) {
  const path = join(folder, 'blob');
  writeFileSync(path, blob);
  const signal = new AbortController().signal;
  return unpackLayer(
    { kind: 'file', path },
    {
      directory: folder,
      onProgress: () => {},
      signal,
      ...(limits && { limits: { expansion: 500, freeBytes: 1 << 30, members: 1000, ...limits } }),
    },
  );
}

test('zstd of several frames, skippable ones among them, is read to its end', async () => {
  const archive = writeTar([
    { name: 'first', content: 'a'.repeat(5000) },
    { name: 'last', content: 'z' },
  ]);
  const skippable = Buffer.from('502a4d1803000000616263', 'hex');
  const frames = [archive.subarray(0, 700), archive.subarray(700, 701), archive.subarray(701)];
  const blob = Buffer.concat([...frames.map((it) => zstdCompressSync(it)), skippable]);
  const layer = await unpack(blob);
  expect(layer).toMatchObject({ diffId: digestOf(archive), digest: digestOf(blob) });
  expect(readFileSync(join(folder, 'last'), 'utf8')).toBe('z');
});

const outside = (program: string) => (input: Buffer) =>
  execFileSync(program, ['-c'], { input, maxBuffer: 64 << 20 });

test.each(['xz', 'bzip2'])('%s is unpacked by the program of the machine', async (program) => {
  const archive = writeTar([
    { name: 'large', content: randomBytes(3 << 20) },
    { name: 'last', content: 'z' },
  ]);
  const blob = outside(program)(archive);
  const layer = await unpack(blob);
  expect(layer).toMatchObject({ diffId: digestOf(archive), digest: digestOf(blob) });
  expect(readFileSync(join(folder, 'last'), 'utf8')).toBe('z');
});

test('an xz that wants more memory than any layer needs is refused', async () => {
  const options = ['-c', '--lzma2=dict=512MiB'];
  const blob = execFileSync('xz', options, { input: writeTar([{ name: 'file' }]) });
  await expect(unpack(blob)).rejects.toThrow('layer cannot be decompressed: not valid xz');
});

test.each([
  ['zstd', zstdCompressSync],
  ['gzip', gzipSync],
  ['xz', outside('xz')],
  ['bzip2', outside('bzip2')],
])('%s that is cut short is refused', async (_name, compress) => {
  const blob = compress(writeTar([{ name: 'file', content: Buffer.alloc(100_000, 'abc') }]));
  await expect(unpack(blob.subarray(0, -7))).rejects.toThrow('cannot be decompressed');
});

test.each([
  ['gzip', gzipSync],
  ['xz', outside('xz')],
])('a bomb of %s is refused once it unpacks to more than its size allows', async (_, pack) => {
  const bomb = pack(writeTar([{ name: 'zeros', content: Buffer.alloc(16 << 20) }]));
  await expect(unpack(bomb, { freeBytes: 1 << 20, expansion: 100 })).rejects.toThrow(
    'layer unpacks to more than 100 times its size',
  );
});

test('an archive of more members than a layer may have is refused', async () => {
  const names = Array.from({ length: 12 }, (_, index) => ({ name: `f${index}`, content: '' }));
  await expect(unpack(writeTar(names), { members: 11 })).rejects.toThrow(
    'layer has more than 11 members',
  );
});
