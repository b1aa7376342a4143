import { describe, expect, test } from 'vitest';
import { cleanPath, isLocalPath } from './mount-paths.ts';
import { planMounts, type MountWishes } from './mount-spec.ts';
import { planTmpfsOptions } from './tmpfs-options.ts';

const plan = (wishes: Partial<MountWishes>) =>
  planMounts({
    Binds: null,
    Mounts: undefined,
    Tmpfs: undefined,
    VolumeDriver: '',
    imageVolumes: [],
    ...wishes,
  });

describe('planMounts()', () => {
  test('has the request before the image, and parents before what lies in them', () => {
    const found = plan({
      Binds: ['/h:/data/deep', 'vol:/data'],
      Tmpfs: { '/t': 'exec,size=1m' },
      imageVolumes: ['/data', '/other'],
    });
    expect(found.map(({ destination, type, source }) => [destination, type, source])).toEqual([
      ['/data', 'volume', 'vol'],
      ['/t', 'tmpfs', ''],
      ['/other', 'volume', ''],
      ['/data/deep', 'bind', '/h'],
    ]);
    expect(found[1]?.tmpfsOptions).toEqual(['nosuid', 'nodev', 'exec', 'size=1m']);
  });

  test('lets the request replace what it inherits, and later sources earlier ones', () => {
    const inherited = plan({ Binds: ['/a:/x', '/b:/y'] });
    const more = plan({ Binds: ['/c:/y'] });
    const found = plan({ inherited: [...inherited, ...more], Binds: ['/d:/x:ro'] });
    expect(found.map(({ destination, source }) => [destination, source])).toEqual([
      ['/x', '/d'],
      ['/y', '/c'],
    ]);
  });

  test('takes a place without a slash, as the CLI makes of `-v b:/x`, from the root', () => {
    expect(plan({ imageVolumes: ['b:/x'] })).toMatchObject([
      { type: 'volume', source: '', destination: '/b:/x' },
    ]);
  });

  test('keeps read-only from reaching below for clients that do not expect it', () => {
    const [old] = plan({ Binds: ['/a:/x:ro'], isReadOnlyRecursive: false });
    expect(old).toMatchObject({ readOnly: true, readOnlyNonRecursive: true });
  });

  test.each<[Partial<MountWishes>, string]>([
    [{ Binds: ['/a:/x', '/b:/x/'] }, 'Duplicate mount point: /x'],
    [{ Binds: ['/a:/x'], Tmpfs: { '/x': '' } }, 'Duplicate mount point: /x'],
    [{ Tmpfs: { x: '' } }, "invalid mount path: 'x' mount path must be absolute"],
    [{ Tmpfs: { '/': '' } }, "invalid specification: destination can't be '/'"],
    [{ Tmpfs: { '/x': 'nosuch=1' } }, 'invalid tmpfs option ["nosuch" "1"]'],
    [{ Tmpfs: { '/x': 'quick' } }, 'invalid tmpfs option ["quick"]'],
  ])('refuses %o: %s', (wishes, message) => {
    expect(() => plan(wishes)).toThrow(message);
  });
});

test('planTmpfsOptions() has the last of a key given twice', () => {
  expect(planTmpfsOptions(['size=1m', 'mode=700', 'size=2m'])).toEqual([
    ...['noexec', 'nosuid', 'nodev', 'size=2m', 'mode=700'],
  ]);
});

test('cleanPath() is Go’s path.Clean for absolute paths', () => {
  expect(['/', '//a//b/', '/a/./b/../c', '/../x'].map(cleanPath)).toEqual([
    '/',
    '/a/b',
    '/a/c',
    '/x',
  ]);
});

test('isLocalPath() tells what stays inside', () => {
  expect(['a', 'a/../b', './a', '..', 'a/../../b', '/a', ''].map(isLocalPath)).toEqual([
    ...[true, true, true, false, false, false, false],
  ]);
});
