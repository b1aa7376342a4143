import { expect, test } from 'vitest';
import { chainIdsOf } from './chain-id.ts';
import { digestOf } from './digest.ts';

test('a chain ID covers the layer and all below it', () => {
  const [a, b, c] = ['a', 'b', 'c'].map(digestOf) as [`sha256:x`, `sha256:x`, `sha256:x`];
  const second = digestOf(`${a} ${b}`);
  expect(chainIdsOf([a, b, c])).toEqual([a, second, digestOf(`${second} ${c}`)]);
  expect(chainIdsOf([])).toEqual([]);
});
