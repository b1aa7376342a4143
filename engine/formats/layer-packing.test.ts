import { gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { pushableLayerType } from './layer-packing.ts';

test.each([
  ['gzip', gzipSync('x'), 'application/vnd.oci.image.layer.v1.tar+gzip'],
  ['zstd', zstdCompressSync('x'), 'application/vnd.oci.image.layer.v1.tar+zstd'],
  ['xz', Buffer.from('\xfd7zXZ\0', 'latin1'), undefined],
  ['bzip2', Buffer.from('BZh91AY'), undefined],
  ['nothing', Buffer.from('./file'), undefined],
  ['an empty layer', Buffer.alloc(0), undefined],
])('pushableLayerType() of %s', (_, head, type) => {
  expect(pushableLayerType(head)).toBe(type);
});
