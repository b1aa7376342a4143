/**
 * Creating a container: everything that can be wrong is found before anything is made; the records
 * come first, so that a crash leaves nothing that cannot be found.
 */
import type { CreateBody } from '../../contract/containers.ts';
import { EngineError } from '../../contract/errors.ts';
import { formatTime } from '../../host/clock.ts';
import { commandOf, mergeConfig } from './create-config.ts';
import type { ContainerDefinition } from './container-record.ts';
import { containerOf, publish, type ContainerContext } from './context.ts';
import type { LiveContainer } from './live-container.ts';
import { fillVolumes, makeVolumes, removeOwnVolumes, resolveMounts } from './mounts.ts';
import { checkName, makeName } from './names.ts';
import { hostDefaultsOver, planHost } from './plan-host.ts';
import { verifyConfig } from './verify.ts';

export interface CreateRequest {
  /** Empty: one is made up. */
  readonly name: string;
  /** `linux/amd64`, or empty for the machine's own. */
  readonly platform: string;
  readonly body: CreateBody;
  /** Read-only binds cover what is mounted below their source. Default true. */
  readonly isReadOnlyRecursive?: boolean;
}

export interface Created {
  readonly container: LiveContainer;
  readonly warnings: string[];
}

export async function createContainer(
  context: ContainerContext,
  request: CreateRequest,
): Promise<Created> {
  const { store, images } = context;
  const { HostConfig: hostRequest, NetworkingConfig: networking, ...configRequest } = request.body;
  const { Image: reference } = configRequest;
  const name = request.name === '' ? makeName((it) => store.isTaken(it)) : checkName(request.name);
  if (reference === '') throw new EngineError('invalid-argument', 'no image specified');
  const verified = verifyConfig(configRequest, hostDefaultsOver(context, hostRequest), context);
  const image = images.find(reference, request.platform);
  const merged = mergeConfig(configRequest, image.config);
  const host = planHost(context, merged, verified.hostConfig, networking, request);
  const { hostConfig } = host;
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
    imageReference: reference,
    layers: image.diffIds,
    mounts: resolveMounts(context, host.mounts),
    endpoint: host.endpoint,
    command: commandOf(config),
    links: host.links,
  };
  const container = await add(context, definition);
  await container.exclusively(() => make(context, container));
  publish(context, container, 'create');
  return { container, warnings: [...verified.warnings, ...host.warnings] };
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

function hostnameOf(
  context: ContainerContext,
  id: string,
  wanted: string,
  { UTSMode, NetworkMode }: CreateBody['HostConfig'],
): string {
  if (wanted !== '') return wanted;
  const other = containerOf(NetworkMode);
  if (other !== undefined) return context.store.find(other).config.Hostname;
  return UTSMode === 'host' || NetworkMode === 'host' ? context.machine.hostname : id.slice(0, 12);
}

/** Removes whatever was made of a container that nobody was told of, its records aside. */
export async function undoCreation(
  context: ContainerContext,
  { id, mounts }: ContainerDefinition,
): Promise<void> {
  await Promise.all([context.standby.discard(id), removeOwnVolumes(context, mounts)]);
}
