/**
 * What older clients mean by a create, start or update request, and what they may not ask for yet.
 * Services know the newest API alone. Pure.
 * Source: moby `api/server/router/container/container_routes.go`.
 */
import {
  hostConfig,
  type CreateBody,
  type HostConfig,
  type MountRequest,
  type UpdateBody,
} from '../contract/containers.ts';
import { EngineError } from '../contract/errors.ts';

export interface AdaptedCreate {
  readonly body: CreateBody;
  /** A read-only bind covers what is mounted below its source, since 1.44. */
  readonly isReadOnlyRecursive: boolean;
  readonly warnings: readonly string[];
}

/** `apiVersion` is the minor number. Throws `invalid-argument`. */
export function adaptCreate(request: CreateBody, apiVersion: number): AdaptedCreate {
  const networking = adaptNetworking(request, apiVersion);
  const mac = adaptMacAddress({ ...request, NetworkingConfig: networking }, apiVersion);
  const mounts = request.HostConfig.Mounts?.map((mount) => adaptMount(mount, apiVersion));
  const { HostConfig: asked, Healthcheck: health } = mac.body;
  const body: CreateBody = {
    ...mac.body,
    ...(apiVersion < 44 && health && { Healthcheck: { ...health, StartInterval: undefined } }),
    HostConfig: {
      ...asked,
      Mounts: mounts,
      // Removing was the client's own work then.
      AutoRemove: apiVersion >= 25 && asked.AutoRemove,
      IpcMode: apiVersion < 40 ? asked.IpcMode || 'shareable' : asked.IpcMode,
      ConsoleSize: apiVersion < 42 ? [0, 0] : asked.ConsoleSize,
      Annotations: apiVersion < 43 ? undefined : asked.Annotations,
      KernelMemory: apiVersion < 42 ? asked.KernelMemory : undefined,
      KernelMemoryTCP: apiVersion < 40 ? undefined : asked.KernelMemoryTCP,
    },
  };
  const volumes = warnOfVolumeDriver(asked, apiVersion);
  return {
    body,
    isReadOnlyRecursive: apiVersion >= 44,
    warnings: [...volumes, ...mac.warnings],
  };
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-argument', message);
}

function adaptMount(mount: MountRequest, apiVersion: number): MountRequest {
  const { Type: type, BindOptions: bind, VolumeOptions: volume, TmpfsOptions: tmpfs } = mount;
  if (apiVersion < 48 && type === 'image')
    throw invalid('Mount type "Image" needs API v1.48 or newer');
  if (apiVersion < 45 && volume?.Subpath)
    throw invalid('VolumeOptions.Subpath needs API v1.45 or newer');
  if (apiVersion < 44 && type === 'bind' && bind?.ReadOnlyForceRecursive)
    throw invalid('BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer');
  if (apiVersion >= 42) {
    const misplaced = (field: string) =>
      invalid(`${field} must not be specified on mount type "${type}"`);
    if (volume && type !== 'volume') throw misplaced('VolumeOptions');
    if (bind && type !== 'bind') throw misplaced('BindOptions');
    if (tmpfs && type !== 'tmpfs') throw misplaced('TmpfsOptions');
  }
  if (apiVersion >= 42) return mount;
  return {
    ...mount,
    VolumeOptions: type === 'volume' ? volume : undefined,
    TmpfsOptions: type === 'tmpfs' ? tmpfs : undefined,
    BindOptions: bind && {
      ...bind,
      NonRecursive: apiVersion >= 40 && bind.NonRecursive,
      CreateMountpoint: false,
    },
  };
}

function adaptNetworking(
  {
    NetworkingConfig: { EndpointsConfig: endpoints },
    HostConfig: { NetworkMode: mode },
  }: CreateBody,
  apiVersion: number,
): CreateBody['NetworkingConfig'] {
  const names = Object.keys(endpoints);
  if (apiVersion < 44 && names.length > 1)
    throw invalid(
      `Container cannot be created with multiple network endpoints: ${names.join(', ')}`,
    );
  // `default` is the default network whatever that is called.
  const { default: byDefault, ...others } = endpoints;
  return {
    EndpointsConfig: byDefault === undefined ? endpoints : { ...others, [mode]: byDefault },
  };
}

/** The address of the whole container became one of its first network with 1.44. */
function adaptMacAddress(
  body: CreateBody,
  apiVersion: number,
): Pick<AdaptedCreate, 'body' | 'warnings'> {
  const { MacAddress: address, HostConfig, NetworkingConfig } = body;
  const { NetworkMode: mode } = HostConfig;
  const endpoints = NetworkingConfig.EndpointsConfig;
  const hasOwnNetwork = !/^(host|none|container:.*)$/.test(mode);
  if (!address) {
    if (apiVersion >= 44) return { body, warnings: [] };
    const without = Object.entries(endpoints).map(([name, endpoint]) => [
      name,
      endpoint && { ...endpoint, MacAddress: '' },
    ]);
    const EndpointsConfig = Object.fromEntries(without) as typeof endpoints;
    return { body: { ...body, NetworkingConfig: { EndpointsConfig } }, warnings: [] };
  }
  if (!hasOwnNetwork && apiVersion < 44)
    throw invalid('conflicting options: mac-address and the network mode');
  const own = endpoints[mode]?.MacAddress;
  if (apiVersion >= 44 && hasOwnNetwork && own && own !== address)
    throw invalid(
      'the container-wide MAC address must match the endpoint-specific MAC address for the main network, or be left empty',
    );
  const EndpointsConfig = hasOwnNetwork
    ? { ...endpoints, [mode]: { ...endpoints[mode], MacAddress: address } }
    : endpoints;
  return {
    body: {
      ...body,
      MacAddress: apiVersion < 44 ? address : undefined,
      NetworkingConfig: { EndpointsConfig },
    },
    warnings:
      apiVersion < 44
        ? []
        : [
            'The container-wide MacAddress field is now deprecated. It should be specified in EndpointsConfig instead.',
          ],
  };
}

function warnOfVolumeDriver({ VolumeDriver, Mounts }: HostConfig, apiVersion: number): string[] {
  const hasOpenVolume = Mounts?.some(
    ({ Type: type, VolumeOptions: options }) => type === 'volume' && !options?.DriverConfig?.Name,
  );
  return VolumeDriver !== '' && apiVersion >= 48 && hasOpenVolume
    ? [
        "WARNING: the container-wide volume-driver configuration is ignored for volumes specified via 'mount'. Use '--mount type=volume,volume-driver=...' instead",
      ]
    : [];
}

/** The host configuration in a start request, which was its place before 1.24. */
export function hostConfigAtStart(
  body: Readonly<Record<string, unknown>> | null | undefined,
  apiVersion: number,
): HostConfig | undefined {
  if (!body || Object.keys(body).length === 0) return undefined;
  if (apiVersion >= 24)
    throw invalid(
      'starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24',
    );
  const asked = hostConfig.parse(body);
  return { ...asked, AutoRemove: false, IpcMode: asked.IpcMode || 'shareable' };
}

export function adaptUpdate(body: UpdateBody, apiVersion: number): UpdateBody {
  return apiVersion < 40 ? { ...body, PidsLimit: null } : body;
}
