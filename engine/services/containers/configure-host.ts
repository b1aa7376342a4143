/**
 * A host configuration that comes with the first start instead of with create, as clients before API
 * 1.24 may send it. It takes the place of the one before as a whole.
 */
import type { HostConfig } from '../../contract/containers.ts';
import { EngineError } from '../../contract/errors.ts';
import type { ContainerContext } from './context.ts';
import type { LiveContainer } from './live-container.ts';
import { fillVolumes, makeVolumes, removeOwnVolumes, resolveMounts } from './mounts.ts';
import { hostDefaultsOver, planHost } from './plan-host.ts';
import { verifyConfig } from './verify.ts';

export function configureHost(
  context: ContainerContext,
  container: LiveContainer,
  request: HostConfig,
): Promise<void> {
  return container.exclusively(async () => {
    const { config, definition } = container;
    if (container.state.status !== 'created')
      throw new EngineError('conflict', `container ${container.id} was started before`);
    const filled = hostDefaultsOver(context, request);
    // Its name in its network is set already, which is no conflict with the mode.
    const { hostConfig } = verifyConfig({ ...config, Hostname: '' }, filled, context);
    const host = planHost(context, config, hostConfig, { EndpointsConfig: {} });
    const before = definition.mounts;
    context.store.redefine(container, {
      hostConfig: host.hostConfig,
      links: host.links,
      mounts: resolveMounts(context, host.mounts),
    });
    makeVolumes(context, container.definition.mounts);
    await fillVolumes(context, container);
    await removeOwnVolumes(context, before);
  });
}
