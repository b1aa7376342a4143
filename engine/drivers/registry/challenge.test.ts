import { expect, test } from 'vitest';
import { parseChallenge } from './challenge.ts';

test.each([
  ['Basic realm="x"', { scheme: 'basic', realm: 'x' }],
  ['basic', { scheme: 'basic', realm: '' }],
  [
    'Bearer realm="https://auth.example/token",service="reg",scope="repository:a/b:pull,push"',
    {
      scheme: 'bearer',
      realm: 'https://auth.example/token',
      service: 'reg',
      scope: 'repository:a/b:pull,push',
    },
  ],
  ['Basic realm="a, Bearer b", Bearer realm="https://t"', { scheme: 'bearer', realm: 'https://t' }],
  [String.raw`Bearer realm="https://t",service="a\"b"`, { service: 'a"b' }],
])('parseChallenge() reads %s', (header, challenge) => {
  expect(parseChallenge(header)).toMatchObject(challenge);
});

test.each([undefined, '', 'Digest realm="x"', 'Bearer service="x"'])(
  'parseChallenge() finds nothing to answer in %s',
  (header) => {
    expect(parseChallenge(header)).toBeUndefined();
  },
);
