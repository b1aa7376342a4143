import { expect, test } from 'vitest';
import { readCredentials, readCredentialsByDomain } from './registry-auth.ts';

const header = (value: unknown, encoding: BufferEncoding = 'base64url') =>
  Buffer.from(JSON.stringify(value)).toString(encoding);

test('readCredentials() takes what docker login left', () => {
  const login = { username: 'ann', password: 'sécret?>', serveraddress: 'x' };
  for (const encoding of ['base64', 'base64url'] as const)
    expect(readCredentials(header(login, encoding))).toEqual({
      username: 'ann',
      password: 'sécret?>',
    });
  const auth = Buffer.from('ann:a:b').toString('base64');
  expect(readCredentials(header({ auth }))).toEqual({ username: 'ann', password: 'a:b' });
  expect(readCredentials(header({ identitytoken: 't' }))).toMatchObject({ identityToken: 't' });
});

test.each([undefined, '', 'e30=', 'e30', header({ serveraddress: 'x' })])(
  'readCredentials() finds nobody in %j',
  (value) => {
    expect(readCredentials(value)).toBeUndefined();
  },
);

test('readCredentials() refuses what is no JSON', () => {
  expect(() => readCredentials(Buffer.from('{').toString('base64'))).toThrow(
    'invalid X-Registry-Auth header',
  );
  expect(() => readCredentials(header([]))).toThrow('invalid X-Registry-Auth header');
});

test('readCredentialsByDomain() knows Docker Hub by the name that client files give it', () => {
  const all = readCredentialsByDomain(
    header({
      'https://index.docker.io/v1/': { username: 'ann', password: 'a' },
      'registry.example:5000': { identitytoken: 't' },
      'anonymous.example': {},
    }),
  );
  expect([...all.keys()]).toEqual(['docker.io', 'registry.example:5000']);
  expect(all.get('docker.io')).toEqual({ username: 'ann', password: 'a' });
  expect(readCredentialsByDomain(undefined).size).toBe(0);
  expect(() => readCredentialsByDomain('e30x')).toThrow('invalid X-Registry-Config header');
});
