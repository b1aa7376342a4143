import { expect, test } from 'vitest';
import { mountRequest } from '../contract/containers.ts';
import { parseMountRequest } from './mount-request.ts';

const parse = (request: object) => parseMountRequest(mountRequest.parse(request));

test.each<[object, object]>([
  [
    { Type: 'bind', Source: '/a/', Target: '/b' },
    { type: 'bind', source: '/a', createSource: false, propagation: '', nonRecursive: false },
  ],
  [
    {
      Type: 'bind',
      Source: '/a',
      Target: '/b',
      ReadOnly: true,
      BindOptions: {
        Propagation: 'rshared',
        NonRecursive: true,
        CreateMountpoint: true,
        ReadOnlyForceRecursive: true,
      },
    },
    {
      propagation: 'rshared',
      nonRecursive: true,
      createSource: true,
      readOnly: true,
      readOnlyForceRecursive: true,
    },
  ],
  [
    {
      Type: 'volume',
      Source: 'data',
      Target: '/b',
      VolumeOptions: {
        NoCopy: true,
        Subpath: 'in/side',
        Labels: { a: 'b' },
        DriverConfig: { Name: 'local', Options: { type: 'tmpfs' } },
      },
    },
    {
      type: 'volume',
      source: 'data',
      noCopy: true,
      subpath: 'in/side',
      volumeLabels: { a: 'b' },
      volumeDriver: 'local',
      volumeDriverOptions: { type: 'tmpfs' },
      mode: 'z',
    },
  ],
  [
    { Type: 'volume', Target: '/b' },
    { type: 'volume', source: '' },
  ],
  [
    { Type: 'tmpfs', Target: '/t', TmpfsOptions: { SizeBytes: 1024, Mode: 0o1777 } },
    { tmpfsOptions: ['noexec', 'nosuid', 'nodev', 'mode=1777', 'size=1024'] },
  ],
  [
    { Type: 'tmpfs', Target: '/t', ReadOnly: true, TmpfsOptions: { Options: [['exec']] } },
    { tmpfsOptions: ['nosuid', 'nodev', 'ro', 'exec'] },
  ],
])('%o is %o', (request, expected) => {
  expect(parse(request)).toMatchObject(expected);
});

const BIND = { Type: 'bind', Source: '/a', Target: '/b' };
const VOLUME = { Type: 'volume', Source: 'data', Target: '/b' };

test.each<[object, string]>([
  [{ ...BIND, Source: '' }, 'invalid mount config for type "bind": field Source must not be empty'],
  [{ ...BIND, Source: 'a' }, "invalid mount path: 'a' mount path must be absolute"],
  [{ ...BIND, Target: '' }, 'field Target must not be empty'],
  [{ ...BIND, Target: 'b' }, "invalid mount path: 'b' mount path must be absolute"],
  [{ ...BIND, Target: '/x/..' }, "invalid specification: destination can't be '/'"],
  [{ ...BIND, BindOptions: { Propagation: 'x' } }, 'invalid propagation mode: x'],
  [{ ...BIND, VolumeOptions: {} }, 'field VolumeOptions must not be specified'],
  [
    { ...BIND, BindOptions: { ReadOnlyNonRecursive: true } },
    'mount options conflict: !ReadOnly && BindOptions.ReadOnlyNonRecursive',
  ],
  [
    {
      ...BIND,
      ReadOnly: true,
      BindOptions: { ReadOnlyNonRecursive: true, ReadOnlyForceRecursive: true },
    },
    'mount options conflict: ReadOnlyNonRecursive && BindOptions.ReadOnlyForceRecursive',
  ],
  [{ ...VOLUME, BindOptions: {} }, 'field BindOptions must not be specified'],
  [{ ...VOLUME, Source: 'a/b' }, 'create a/b: "a/b" includes invalid characters'],
  [
    { Type: 'volume', Target: '/b', ReadOnly: true },
    'must not set ReadOnly mode when using anonymous volumes',
  ],
  [
    { Type: 'volume', Target: '/b', VolumeOptions: { Subpath: 'x' } },
    'must not set Subpath when using anonymous volumes',
  ],
  [
    { ...VOLUME, VolumeOptions: { Subpath: 'a/../../x' } },
    'subpath must be a relative path within the volume',
  ],
  [
    { ...VOLUME, VolumeOptions: { Subpath: '/etc' } },
    'subpath must be a relative path within the volume',
  ],
  [{ Type: 'tmpfs', Source: '/a', Target: '/b' }, 'field Source must not be specified'],
  [{ Type: 'tmpfs', Target: '/b', TmpfsOptions: { Options: [['suid']] } }, 'invalid option: suid'],
  [{ Type: 'image', Target: '/b' }, 'field Source must not be empty'],
  [{ Type: 'image', Source: 'a', Target: '/b', BindOptions: {} }, 'field BindOptions must not be'],
  [
    { Type: 'image', Source: 'a', Target: '/b', ImageOptions: { Subpath: '../etc' } },
    'subpath must be a relative path within the volume',
  ],
  [{ Type: 'nosuch', Target: '/b' }, 'invalid mount config for type "nosuch": mount type unknown'],
])('%o is refused: %s', (request, message) => {
  expect(() => parse(request)).toThrow(message);
});
