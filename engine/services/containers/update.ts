/** Changing limits and the restart policy of a container, running or not. */
import { resources, type HostConfig, type UpdateBody } from '../../contract/containers.ts';
import { EngineError, messageOf, type ErrorCode } from '../../contract/errors.ts';
import { planLimits, type OciResources } from '../../formats/runtime-spec-resources.ts';
import { publish, type ContainerContext } from './context.ts';
import type { LiveContainer } from './live-container.ts';
import { hasProcess } from './state.ts';
import { planUpdate } from './update-plan.ts';
import { verifyResources } from './verify-resources.ts';
import { verifyRestartPolicy } from './verify.ts';

/** As many as the kernel ever has. crun 1.8 cannot write "max". Source: linux/threads.h. */
const PIDS_MAX = 4_194_304;

/** Returns warnings. What the request leaves out, or has as 0, stays as it is. */
export async function updateContainer(
  context: ContainerContext,
  container: LiveContainer,
  request: UpdateBody,
): Promise<string[]> {
  const { RestartPolicy, ...limits } = request;
  if (RestartPolicy) verifyRestartPolicy({ RestartPolicy, AutoRemove: false });
  const asked = resources.parse(limits);
  const { resources: discarded, warnings } = verifyResources(asked, context, { isUpdate: true });
  const possible: UpdateBody = { ...asked, ...discarded, RestartPolicy };
  await container.exclusively(async () => {
    const { status } = container.state;
    if (status === 'removing' || status === 'dead')
      throw cannotUpdate(
        container,
        'conflict',
        'container is marked for removal and cannot be "update"',
      );
    const hostConfig = planFor(container, possible);
    if (hasProcess(container.state)) {
      const numbers = (path: string) => context.files.deviceNumbers(path);
      await applyLimits(context, container, {
        ...planLimits(hostConfig, context.cgroups.version, numbers),
        ...(lifts(possible.PidsLimit) && { pids: { limit: PIDS_MAX } }),
      });
    }
    context.store.redefine(container, { hostConfig });
    publish(context, container, 'update');
  });
  return [...warnings];
}

function planFor(container: LiveContainer, request: UpdateBody): HostConfig {
  try {
    return planUpdate(container.hostConfig, request);
  } catch (error) {
    throw cannotUpdate(container, 'conflict', messageOf(error));
  }
}

/** A limit that is to be none has to be taken away; one that never was is not set at all. */
function lifts(pidsLimit: UpdateBody['PidsLimit']): boolean {
  return typeof pidsLimit === 'number' && pidsLimit <= 0;
}

/** The kernel may refuse, as for less memory than is in use. */
async function applyLimits(
  context: ContainerContext,
  container: LiveContainer,
  limits: OciResources,
): Promise<void> {
  if (Object.keys(limits).length === 0) return;
  try {
    await context.runtimes.find(container.state.runtime ?? '').update(container.id, limits);
  } catch (error) {
    throw cannotUpdate(container, 'internal', messageOf(error));
  }
}

function cannotUpdate({ id }: LiveContainer, code: ErrorCode, why: string): Error {
  return new EngineError(code, `Cannot update container ${id}: ${why}`);
}
