/**
 * Creating a container: everything that can be wrong is found before anything is made; the records
 * come first, so that a crash leaves nothing that cannot be found.
 */
import type { CreateBody, NetworkingConfig } from '../../contract/containers.ts';
import { EngineError } from '../../contract/errors.ts';
import { planPorts } from '../../formats/port-spec.ts';
import { resolveCapabilities } from '../../formats/capabilities.ts';
import { formatTime } from '../../host/clock.ts';
import { commandOf, fillHostConfig, mergeConfig } from './create-config.ts';
import type { ContainerDefinition, EndpointWish } from './container-record.ts';
import { publish, type ContainerContext } from './context.ts';
import type { LiveContainer } from './live-container.ts';
import {
  checkMounts,
  fillVolumes,
  makeVolumes,
  planContainerMounts,
  removeOwnVolumes,
  resolveMounts,
} from './mounts.ts';
import { checkName, makeName } from './names.ts';
import { verifyConfig } from './verify.ts';

export interface CreateRequest {
  /** Empty: one is made up. */
  readonly name: string;
  /** `linux/amd64`, or empty for the machine's own. */
  readonly platform: string;
  readonly body: CreateBody;
}

export interface Created {
  readonly container: LiveContainer;
  readonly warnings: string[];
}

export async function createContainer(
  context: ContainerContext,
  request: CreateRequest,
): Promise<Created> {
  const { store, images, settings } = context;
  const { HostConfig: hostRequest, NetworkingConfig: networking, ...configRequest } = request.body;
  const name = request.name === '' ? makeName((it) => store.isTaken(it)) : checkName(request.name);
  if (configRequest.Image === '') throw new EngineError('invalid-argument', 'no image specified');
  const image = images.find(configRequest.Image);
  requirePlatform(request.platform, image, configRequest.Image);
  const merged = mergeConfig(configRequest, image.config);
  const hostConfig = fillHostConfig(hostRequest, {
    runtime: context.runtimes.defaultName,
    cgroupVersion: context.cgroups.version,
    logDriver: settings.defaultLogDriver,
    logOptions: settings.defaultLogOptions,
    shmSizeBytes: settings.defaultShmSizeBytes,
    extraMaskedPaths: settings.extraMaskedPaths,
  });
  const warnings = verifyConfig(merged, hostConfig, context);
  checkEarly(context, merged.ExposedPorts, hostConfig, networking);
  const planned = planContainerMounts(context, merged, hostConfig);
  checkMounts(context, planned);
  store.requireFree(name);

  const id = context.standby.take();
  const config = { ...merged, Hostname: hostnameOf(context, id, merged.Hostname, hostConfig) };
  const definition: ContainerDefinition = {
    id,
    name,
    createdAt: formatTime(context.clock.nowNs()),
    config,
    hostConfig,
    imageId: image.id,
    imageReference: configRequest.Image,
    layers: image.diffIds,
    mounts: resolveMounts(context, planned),
    endpoint: endpointOf(hostConfig.NetworkMode, networking, config.MacAddress),
    command: commandOf(config),
  };
  const container = await add(context, definition);
  await container.exclusively(() => make(context, container));
  publish(context, container, 'create');
  return { container, warnings };
}

async function add(
  context: ContainerContext,
  definition: ContainerDefinition,
): Promise<LiveContainer> {
  try {
    const container = context.store.add(definition);
    container.isTornDown = true;
    return container;
  } catch (error) {
    await context.standby.discard(definition.id);
    throw error;
  }
}

/** All that the definition names, or nothing. Its directories exist. */
async function make(context: ContainerContext, container: LiveContainer): Promise<void> {
  const { store } = context;
  try {
    makeVolumes(context, container.definition.mounts);
    await fillVolumes(context, container);
    store.complete(container);
  } catch (error) {
    store.showState(container, { status: 'removing' }); // so that it counts as no user of its volumes
    await undoCreation(context, container.definition).finally(() => store.delete(container));
    throw error;
  }
}

/** Throws for wishes that only the start would find impossible. */
function checkEarly(
  context: ContainerContext,
  exposed: CreateBody['ExposedPorts'],
  hostConfig: CreateBody['HostConfig'],
  networking: NetworkingConfig,
): void {
  const { CapAdd, CapDrop, Privileged, NetworkMode, PortBindings, Runtime } = hostConfig;
  resolveCapabilities(
    { add: CapAdd ?? [], drop: CapDrop ?? [], privileged: Privileged },
    context.settings.capabilities,
  );
  planPorts(PortBindings, Object.keys(exposed ?? {}), hostConfig.PublishAllPorts);
  context.runtimes.find(Runtime);
  if (NetworkMode.startsWith('container:')) {
    context.store.find(NetworkMode.slice('container:'.length));
    return;
  }
  const ipv4Address = endpointOf(NetworkMode, networking, undefined).ipv4Address;
  context.networks.resolve(NetworkMode, { ...(ipv4Address !== '' && { ipv4Address }) });
}

function requirePlatform(
  wanted: string,
  image: { os: string; architecture: string; variant?: string },
  reference: string,
): void {
  if (wanted === '') return;
  const [os = '', architecture = ''] = wanted.split('/');
  const matches = os === image.os && (architecture === '' || architecture === image.architecture);
  if (matches) return;
  throw new EngineError(
    'not-found',
    `image with reference ${reference} was found but its platform (${image.os}/${image.architecture}) does not match the specified platform (${wanted})`,
  );
}

function hostnameOf(
  context: ContainerContext,
  id: string,
  wanted: string,
  { UTSMode, NetworkMode }: CreateBody['HostConfig'],
): string {
  if (wanted !== '') return wanted;
  if (NetworkMode.startsWith('container:'))
    return context.store.find(NetworkMode.slice('container:'.length)).config.Hostname;
  return UTSMode === 'host' || NetworkMode === 'host' ? context.machine.hostname : id.slice(0, 12);
}

function endpointOf(
  networkMode: string,
  { EndpointsConfig: endpoints }: NetworkingConfig,
  macAddress: string | undefined,
): EndpointWish {
  const settings = endpoints[networkMode] ?? Object.values(endpoints)[0] ?? {};
  const ipam = settings?.IPAMConfig as { IPv4Address?: string } | null | undefined;
  return {
    macAddress: settings?.MacAddress || (macAddress ?? ''),
    ipv4Address: ipam?.IPv4Address ?? '',
    aliases: settings?.Aliases ?? [],
  };
}

/** Removes whatever was made of a container that nobody was told of, its records aside. */
export async function undoCreation(
  context: ContainerContext,
  { id, mounts }: ContainerDefinition,
): Promise<void> {
  await Promise.all([context.standby.discard(id), removeOwnVolumes(context, mounts)]);
}
