import * as fc from 'fast-check';
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

test('parseChallenge() reads any list of challenges, and throws nothing at any header', () => {
  const value = fc.stringMatching(/^[ -~]{0,20}$/).filter((text) => !/["\\]/.test(text));
  fc.assert(
    fc.property(value, value, value, (realm, service, scope) => {
      const bearer = `Bearer realm="r${realm}",service="${service}" , scope="${scope}"`;
      const expected = { scheme: 'bearer', realm: `r${realm}`, service, scope };
      expect(parseChallenge(`Digest realm="${scope}", ${bearer}`)).toEqual(expected);
      expect(parseChallenge(`${bearer}, Basic realm="${realm}"`)).toEqual(expected);
    }),
  );
  fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => void parseChallenge(text)));
});

test.each([undefined, '', 'Digest realm="x"', 'Bearer service="x"'])(
  'parseChallenge() finds nothing to answer in %s',
  (header) => {
    expect(parseChallenge(header)).toBeUndefined();
  },
);
