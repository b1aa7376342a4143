import { describe, expect, test } from 'vitest';
import { createBody, updateBody } from '../contract/containers.ts';
import { adaptCreate, adaptUpdate, hostConfigAtStart } from './container-versions.ts';

const adapt = (body: object, apiVersion: number) =>
  adaptCreate(createBody.parse({ Image: 'busybox', ...body }), apiVersion);

describe('adaptCreate()', () => {
  test('leaves the newest request as it is', () => {
    const body = createBody.parse({
      Image: 'busybox',
      Healthcheck: { StartInterval: 5 },
      HostConfig: { AutoRemove: true, ConsoleSize: [1, 2], Annotations: { a: 'b' } },
    });
    expect(adaptCreate(body, 50)).toEqual({ body, isReadOnlyRecursive: true, warnings: [] });
  });

  test.each<[number, object, object]>([
    [43, { Healthcheck: { StartInterval: 5 } }, { Healthcheck: { StartInterval: undefined } }],
    [42, { HostConfig: { Annotations: { a: 'b' } } }, { HostConfig: { Annotations: undefined } }],
    [41, { HostConfig: { ConsoleSize: [1, 2] } }, { HostConfig: { ConsoleSize: [0, 0] } }],
    [42, { HostConfig: { KernelMemory: 9 } }, { HostConfig: { KernelMemory: undefined } }],
    [41, { HostConfig: { KernelMemory: 9 } }, { HostConfig: { KernelMemory: 9 } }],
    [39, {}, { HostConfig: { IpcMode: 'shareable' } }],
    [39, { HostConfig: { IpcMode: 'none' } }, { HostConfig: { IpcMode: 'none' } }],
    [40, {}, { HostConfig: { IpcMode: '' } }],
    [24, { HostConfig: { AutoRemove: true } }, { HostConfig: { AutoRemove: false } }],
    [
      41,
      {
        HostConfig: {
          Mounts: [
            {
              Type: 'bind',
              Source: '/a',
              Target: '/b',
              BindOptions: { CreateMountpoint: true, NonRecursive: true },
              VolumeOptions: { NoCopy: true },
            },
          ],
        },
      },
      {
        HostConfig: {
          Mounts: [{ BindOptions: { CreateMountpoint: false, NonRecursive: true } }],
        },
      },
    ],
  ])('for API 1.%d makes of %o what it meant then', (version, body, expected) => {
    expect(adapt(body, version).body).toMatchObject(expected);
  });

  test('tells that read-only was not recursive before 1.44', () => {
    expect(adapt({}, 43).isReadOnlyRecursive).toBe(false);
  });

  const mount = (more: object) => ({
    HostConfig: { Mounts: [{ Type: 'volume', Source: 'data', Target: '/x', ...more }] },
  });

  test.each<[number, object, string]>([
    [47, mount({ Type: 'image' }), 'Mount type "Image" needs API v1.48 or newer'],
    [
      44,
      mount({ VolumeOptions: { Subpath: 'a' } }),
      'VolumeOptions.Subpath needs API v1.45 or newer',
    ],
    [
      43,
      mount({ Type: 'bind', BindOptions: { ReadOnlyForceRecursive: true } }),
      'BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer',
    ],
    [42, mount({ BindOptions: {} }), 'BindOptions must not be specified on mount type "volume"'],
    [42, mount({ TmpfsOptions: {} }), 'TmpfsOptions must not be specified on mount type "volume"'],
    [
      43,
      { NetworkingConfig: { EndpointsConfig: { a: {}, b: {} } } },
      'Container cannot be created with multiple network endpoints: a, b',
    ],
    [
      43,
      { MacAddress: '02:42:ac:11:00:09', HostConfig: { NetworkMode: 'host' } },
      'conflicting options: mac-address and the network mode',
    ],
    [
      44,
      {
        MacAddress: '02:42:ac:11:00:09',
        NetworkingConfig: { EndpointsConfig: { bridge: { MacAddress: '02:42:ac:11:00:08' } } },
      },
      'the container-wide MAC address must match the endpoint-specific MAC address',
    ],
  ])('for API 1.%d refuses %o: %s', (version, body, message) => {
    expect(() => adapt(body, version)).toThrow(message);
  });

  test('moves the address of the whole container to its first network', () => {
    const MacAddress = '02:42:ac:11:00:09';
    const { body, warnings } = adapt({ MacAddress }, 44);
    expect(body.MacAddress).toBeUndefined();
    expect(body.NetworkingConfig.EndpointsConfig).toEqual({ bridge: { MacAddress } });
    expect(warnings[0]).toContain('The container-wide MacAddress field is now deprecated');
    expect(adapt({ MacAddress }, 43)).toMatchObject({ body: { MacAddress }, warnings: [] });
  });

  test('takes the network called default for the default one', () => {
    const EndpointsConfig = { default: { Aliases: ['a'] } };
    const { body } = adapt({ NetworkingConfig: { EndpointsConfig } }, 50);
    expect(body.NetworkingConfig.EndpointsConfig['bridge']).toMatchObject({ Aliases: ['a'] });
  });

  test('warns of a volume driver that --mount does not follow', () => {
    const body = {
      HostConfig: { ...mount({}).HostConfig, VolumeDriver: 'other' },
    };
    expect(adapt(body, 48).warnings[0]).toContain('volume-driver configuration is ignored');
    expect(adapt(body, 47).warnings).toEqual([]);
  });
});

describe('hostConfigAtStart()', () => {
  test('is taken before API 1.24 and refused since', () => {
    expect(hostConfigAtStart({ Binds: ['/a:/b'] }, 23)).toMatchObject({ Binds: ['/a:/b'] });
    expect(hostConfigAtStart({}, 50)).toBeUndefined();
    expect(hostConfigAtStart(undefined, 23)).toBeUndefined();
    expect(() => hostConfigAtStart({ Binds: [] }, 24)).toThrow(
      'starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24',
    );
  });
});

test('adaptUpdate() knows no limit of processes before API 1.40', () => {
  const body = updateBody.parse({ PidsLimit: 5, RestartPolicy: { Name: '' } });
  expect(adaptUpdate(body, 39)).toEqual({ PidsLimit: null, RestartPolicy: undefined });
  expect(adaptUpdate(body, 40)).toMatchObject({ PidsLimit: 5 });
});
