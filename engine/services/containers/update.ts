/** Changing limits and the restart policy of a container, running or not. */
import type { HostConfig, UpdateBody } from '../../contract/containers.ts';
import { EngineError } from '../../contract/errors.ts';
import { planLimits } from '../../formats/runtime-spec-resources.ts';
import { publish, type ContainerContext } from './context.ts';
import type { LiveContainer } from './live-container.ts';
import { hasProcess } from './state.ts';
import { verifyConfig } from './verify.ts';

/** Returns warnings. What the request leaves out, or has as 0, stays as it is. */
export async function updateContainer(
  context: ContainerContext,
  container: LiveContainer,
  request: UpdateBody,
): Promise<string[]> {
  return container.exclusively(async () => {
    const hostConfig = { ...container.hostConfig, ...meant(request) };
    if (hostConfig.AutoRemove && hostConfig.RestartPolicy.Name !== 'no')
      throw new EngineError(
        'invalid-argument',
        'Restart policy cannot be updated because AutoRemove is enabled for the container',
      );
    const warnings = verifyConfig(container.config, hostConfig, context);
    if (hasProcess(container.state)) {
      const numbers = (path: string) => context.files.deviceNumbers(path);
      const limits = planLimits(hostConfig, context.cgroups.version, numbers);
      const runtime = context.runtimes.find(container.state.runtime ?? '');
      if (Object.keys(limits).length > 0) await runtime.update(container.id, limits);
    }
    context.store.redefine(container, { hostConfig });
    publish(context, container, 'update');
    return warnings;
  });
}

/** The fields that say something: in this request 0, empty and null mean "as it is". */
function meant(request: UpdateBody): Partial<HostConfig> {
  const { RestartPolicy, ...resources } = request;
  const changes = Object.fromEntries(
    Object.entries(resources).filter(
      ([, value]) =>
        value !== undefined &&
        value !== null &&
        value !== 0 &&
        value !== '' &&
        !(Array.isArray(value) && value.length === 0),
    ),
  ) as Partial<HostConfig>;
  return { ...changes, ...(RestartPolicy && { RestartPolicy }) };
}
