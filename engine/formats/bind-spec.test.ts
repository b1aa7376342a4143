import { describe, expect, test } from 'vitest';
import { parseBind, parseVolumesFrom } from './bind-spec.ts';

describe('parseBind()', () => {
  test.each<[string, object]>([
    [
      '/a:/b',
      {
        type: 'bind',
        source: '/a',
        destination: '/b',
        readOnly: false,
        mode: '',
        propagation: '',
        createSource: true,
      },
    ],
    [
      '/a/../c/:/b/:ro,rslave',
      { source: '/c', destination: '/b', readOnly: true, mode: 'ro,rslave', propagation: 'rslave' },
    ],
    ['/a:/b:z,rw,cached', { readOnly: false, mode: 'z,rw,cached' }],
    [
      'data:/b',
      { type: 'volume', source: 'data', mode: 'z', propagation: '', createSource: false },
    ],
    ['data:/b:ro,nocopy', { type: 'volume', readOnly: true, noCopy: true }],
    ['/only', { type: 'volume', source: '', destination: '/only', mode: 'z' }],
  ])('%s', (text, expected) => {
    expect(parseBind(text)).toMatchObject(expected);
  });

  test('has the container’s volume driver for volumes alone', () => {
    expect(parseBind('data:/b', 'other')).toMatchObject({ volumeDriver: 'other' });
    expect(parseBind('/data:/b', 'other')).not.toHaveProperty('volumeDriver');
  });

  test.each([
    ['a:b:c:d', "invalid volume specification: 'a:b:c:d'"],
    ['/a:', "invalid volume specification: '/a:'"],
    [':/a', "invalid volume specification: ':/a'"],
    ['/a:ro', "invalid volume specification: '/a:ro'"],
    [
      '/a:b',
      "invalid volume specification: '/a:b': invalid mount config for type \"bind\": invalid mount path: 'b' mount path must be absolute",
    ],
    [
      '/a:/',
      "invalid mount config for type \"bind\": invalid specification: destination can't be '/'",
    ],
    ['/a:/b:rx', 'invalid mode: rx'],
    ['/a:/b:ro,rw', 'invalid mode: ro,rw'],
    ['/a:/b:z,Z', 'invalid mode: z,Z'],
    ['/a:/b:nocopy', 'field VolumeOptions must not be specified'],
    ['data:/b:rshared', 'field BindOptions must not be specified'],
    ['na/me:/b', 'create na/me: "na/me" includes invalid characters for a local volume name'],
    ['n:/b', 'create n: volume name is too short'],
  ])('%s is refused: %s', (text, message) => {
    expect(() => parseBind(text)).toThrow(message);
  });
});

describe('parseVolumesFrom()', () => {
  test.each([
    ['web', { container: 'web', readOnly: false }],
    ['web:ro', { container: 'web', readOnly: true }],
    ['web:rw,z', { container: 'web', readOnly: false }],
  ])('%s', (text, expected) => {
    expect(parseVolumesFrom(text)).toEqual(expected);
  });

  test.each([
    ['', 'volumes-from specification cannot be an empty string'],
    ['web:bad', 'invalid mode: bad'],
    ['web:rslave', 'invalid mode: rslave'],
    ['web:nocopy', 'invalid mode: nocopy'],
  ])('%s is refused: %s', (text, message) => {
    expect(() => parseVolumesFrom(text)).toThrow(message);
  });
});
