import { describe, expect, test } from 'vitest';
import { resolveGroups, resolveUser } from './passwd.ts';

const PASSWD = 'root:x:0:0::/root:/bin/sh\n# comment\nweb:x:33:33::/:\n1000:x:7:7::/:\nbroken\n';
const GROUP = 'root:x:0:\nwheel:x:10:root\nweb:x:33:\nmedia:x:44:web,other\n';

describe('resolveUser()', () => {
  test.each([
    { text: '', uid: 0, gid: 0, additionalGids: [0, 10] },
    { text: 'web', uid: 33, gid: 33, additionalGids: [33, 44] },
    { text: '33', uid: 33, gid: 33, additionalGids: [33, 44] },
    { text: '12345', uid: 12345, gid: 0, additionalGids: [0], home: '/' },
    { text: 'web:media', uid: 33, gid: 44, additionalGids: [44] },
    { text: '5:6', uid: 5, gid: 6, additionalGids: [6], home: '/' },
    { text: '1000', uid: 7, gid: 7, additionalGids: [7] }, // a name that looks like a number
  ])('"$text"', ({ text, ...user }) => {
    expect(resolveUser(text, PASSWD, GROUP)).toEqual(user);
  });

  test('refuses names that are not listed, in Docker’s words', () => {
    expect(() => resolveUser('nobody', PASSWD, GROUP)).toThrow(
      'unable to find user nobody: no matching entries in passwd file',
    );
    expect(() => resolveUser('web:nobody', PASSWD, GROUP)).toThrow(
      'unable to find group nobody: no matching entries in group file',
    );
    expect(() => resolveUser('4294967296', PASSWD, GROUP)).toThrow(
      'uids and gids must be in range 0-2147483647',
    );
  });

  test('needs no files for numbers', () => {
    expect(resolveUser('', '', '')).toEqual({ uid: 0, gid: 0, additionalGids: [0], home: '/' });
  });
});

test('resolveGroups() takes names and numbers', () => {
  expect(resolveGroups(['media', '99'], GROUP)).toEqual([44, 99]);
  expect(() => resolveGroups(['nosuch'], GROUP)).toThrow('Unable to find group nosuch');
});
