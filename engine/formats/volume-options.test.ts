import { expect, test } from 'vitest';
import {
  checkVolumeOptions,
  serverNameOf,
  volumeMountOf,
  withoutPassword,
} from './volume-options.ts';

test.each<[Record<string, string>, string]>([
  [{ color: 'red' }, 'create data: invalid option: "color"'],
  [{ type: 'tmpfs' }, 'create data: missing required option: "device"'],
  [{ device: '/dev/sda' }, 'create data: missing required option: "type"'],
  [{ o: 'ro' }, 'create data: missing required option: "device"'],
  [{ size: 'big' }, "create data: invalid size: 'big'"],
  [{ size: '1g' }, 'create data: quota size requested but no quota support'],
])('%o are refused: %s', (options, message) => {
  expect(() => checkVolumeOptions('data', options)).toThrow(message);
});

test('what is mounted follows from type, device and o', () => {
  const options = { type: 'tmpfs', device: 'tmpfs', o: 'size=1m,uid=5' };
  expect(() => checkVolumeOptions('data', options)).not.toThrow();
  expect(volumeMountOf(options)).toEqual({
    type: 'tmpfs',
    device: 'tmpfs',
    options: 'size=1m,uid=5',
  });
  expect(volumeMountOf({})).toBeUndefined();
  expect(volumeMountOf(undefined)).toBeUndefined();
});

test.each([
  ['nfs', 'addr=files.example,rw', 'files.example'],
  ['nfs', 'rw,addr=10.0.0.1', undefined],
  ['nfs', 'addr=fe80::1', undefined],
  ['nfs', 'rw', undefined],
  ['tmpfs', 'addr=files.example', undefined],
])('the server of %s with %s is %s', (type, options, name) => {
  expect(serverNameOf({ type, device: ':/x', options })).toBe(name);
});

test('a password is not told', () => {
  expect(withoutPassword('username=a,password=secret,vers=3')).toBe(
    'username=a,password=********,vers=3',
  );
});
