import { describe, expect, test } from 'vitest';
import { mountRequest } from '../contract/containers.ts';
import { cleanPath, parseBind, parseMountRequest, planMounts } from './mount-spec.ts';

const parseRequest = (request: object) => parseMountRequest(mountRequest.parse(request));

const NOTHING = { Binds: null, Mounts: undefined, Tmpfs: undefined };

describe('parseBind()', () => {
  test.each([
    [
      '/a:/b',
      {
        type: 'bind',
        source: '/a',
        destination: '/b',
        readOnly: false,
        mode: '',
        propagation: 'rprivate',
        createSource: true,
      },
    ],
    [
      '/a/../c/:/b/:ro,rslave',
      { source: '/c', destination: '/b', readOnly: true, mode: 'ro,rslave', propagation: 'rslave' },
    ],
    [
      'data:/b',
      { type: 'volume', source: 'data', mode: 'z', propagation: '', createSource: false },
    ],
    ['data:/b:ro,nocopy', { type: 'volume', readOnly: true, noCopy: true }],
    ['/only', { type: 'volume', source: '', destination: '/only' }],
  ])('%s', (text, expected) => {
    expect(parseBind(text)).toMatchObject(expected);
  });

  test.each([
    ['a:b:c:d', "invalid volume specification: 'a:b:c:d'"],
    ['/a:', "invalid volume specification: '/a:'"],
    ['/a:b', "invalid mount path: 'b' mount path must be absolute"],
    ['/a:/', "destination can't be '/'"],
    ['/a:/b:rx', 'invalid mode: rx'],
    ['/a:/b:ro,rw', 'invalid mode: ro,rw'],
    ['na/me:/b', 'includes invalid characters for a local volume name'],
  ])('%s is refused', (text, message) => {
    expect(() => parseBind(text)).toThrow(message);
  });
});

describe('parseMountRequest()', () => {
  test('reads binds, volumes and tmpfs', () => {
    expect(parseRequest({ Type: 'bind', Source: '/a', Target: '/b' })).toMatchObject({
      type: 'bind',
      createSource: false,
      propagation: 'rprivate',
    });
    expect(
      parseRequest({ Type: 'volume', Target: '/b', VolumeOptions: { NoCopy: true } }),
    ).toMatchObject({ type: 'volume', source: '', noCopy: true });
    const TmpfsOptions = { SizeBytes: 1024, Mode: 0o1777 };
    expect(parseRequest({ Type: 'tmpfs', Target: '/t', TmpfsOptions }).tmpfsOptions).toEqual([
      ...['noexec', 'nosuid', 'nodev'],
      ...['mode=1777', 'size=1024'],
    ]);
  });

  test.each([
    [{ Type: 'bind', Source: '', Target: '/b' }, 'field Source must not be empty'],
    [{ Type: 'bind', Source: 'a', Target: '/b' }, "invalid mount path: 'a'"],
    [{ Type: 'bind', Source: '/a', Target: '' }, 'field Target must not be empty'],
    [{ Type: 'tmpfs', Source: '/a', Target: '/b' }, 'field Source must not be specified'],
    [{ Type: 'nosuch', Target: '/b' }, 'mount type unknown: "nosuch"'],
  ])('refuses %o', (request, message) => {
    expect(() => parseRequest(request)).toThrow(message);
  });
});

describe('planMounts()', () => {
  test('has the request before the image, and parents before what lies in them', () => {
    const hostConfig = {
      ...NOTHING,
      Binds: ['/h:/data/deep', 'v:/data'],
      Tmpfs: { '/t': 'exec,size=1m' },
    };
    const plan = planMounts(hostConfig, ['/data', '/other']);
    expect(plan.map(({ destination, type, source }) => [destination, type, source])).toEqual([
      ['/data', 'volume', 'v'],
      ['/t', 'tmpfs', ''],
      ['/other', 'volume', ''],
      ['/data/deep', 'bind', '/h'],
    ]);
    expect(plan[1]?.tmpfsOptions).toEqual(['nosuid', 'nodev', 'exec', 'size=1m']);
  });

  test('refuses one destination twice', () => {
    expect(() => planMounts({ ...NOTHING, Binds: ['/a:/x', '/b:/x/'] }, [])).toThrow(
      'Duplicate mount point: /x',
    );
  });
});

test('cleanPath() is Go’s path.Clean for absolute paths', () => {
  expect(['/', '//a//b/', '/a/./b/../c', '/../x'].map(cleanPath)).toEqual([
    '/',
    '/a/b',
    '/a/c',
    '/x',
  ]);
});
