import { gunzipSync, inflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { chooseEncoding, encoded } from './content-encoding.ts';

test.each([
  [undefined, undefined],
  ['', undefined],
  ['identity', undefined],
  ['br', undefined],
  ['gzip', 'gzip'],
  ['gzip, deflate, br', 'gzip'],
  ['deflate, gzip;q=0.5', 'deflate'],
  ['GZIP;q=0, deflate;q=0.1', 'deflate'],
  ['gzip;q=0', undefined],
  ['*', 'gzip'],
  ['gzip;q=0, *', 'deflate'],
])('chooseEncoding() answers "%s" with %s', (accepted, encoding) => {
  expect(chooseEncoding(accepted)).toBe(encoding);
});

async function* source(failure?: Error): AsyncGenerator<Buffer> {
  yield Buffer.from('one ');
  if (failure) throw failure;
  yield Buffer.from('two');
}

test('encoded() compresses as it was asked to', async () => {
  const all = async (encoding: 'gzip' | 'deflate' | undefined) =>
    Buffer.concat(await Array.fromAsync(encoded(source(), encoding)));
  expect(gunzipSync(await all('gzip')).toString()).toBe('one two');
  expect(inflateRawSync(await all('deflate')).toString()).toBe('one two');
  expect((await all(undefined)).toString()).toBe('one two');
});

test('encoded() fails with its source', async () => {
  const reading = Array.fromAsync(encoded(source(new Error('gone')), 'gzip'));
  await expect(reading).rejects.toThrow('gone');
});
