/**
 * Removing a container. Its records and its name go first, with everything that takes no time; the
 * data of its writable layer follows. What a crash leaves of that is swept at the next start, since
 * no record names it.
 */
import { SIGKILL } from '../../formats/signals.ts';
import { publish, type ContainerContext } from './context.ts';
import { tearDown } from './exit.ts';
import type { LiveContainer } from './live-container.ts';
import { removeOwnVolumes } from './mounts.ts';
import { hasProcess, requireCanRemove } from './state.ts';
import { endProcess } from './stop.ts';
import { waitForEnding } from './wait.ts';

export interface RemoveOptions {
  /** With the volumes the engine named. */
  readonly removeVolumes: boolean;
}

/** Resolves when the data is gone too. A running container needs `force`. */
export async function removeOnRequest(
  context: ContainerContext,
  container: LiveContainer,
  options: RemoveOptions & { readonly force: boolean },
): Promise<void> {
  const { force } = options;
  await waitForEnding(container);
  requireCanRemove(container.state, container.name, force);
  clearTimeout(container.restartTimer);
  if (force) context.store.setState(container, { stoppedByUser: true });
  for (;;) {
    if (hasProcess(container.state)) await endProcess(context, container, SIGKILL, 10_000);
    const gone = await container.exclusively(async () => {
      // It may have removed itself at its end, or been started meanwhile.
      if (context.store.get(container.id) !== container) return { data: Promise.resolve() };
      requireCanRemove(container.state, container.name, force);
      return hasProcess(container.state) ? undefined : takeAway(context, container, options);
    });
    if (gone !== undefined) return void (await gone.data);
  }
}

/** For the caller who holds the lock of a container that does not run. Its data goes later. */
export async function removeContainer(
  context: ContainerContext,
  container: LiveContainer,
  options: RemoveOptions,
): Promise<void> {
  const { data } = await takeAway(context, container, options);
  context.inBackground(`removal of container ${container.name}`, data);
}

/**
 * For the caller who holds the lock of a `--rm` container that has just ended. Who waits is answered
 * as soon as its record, its name and its ports are free; of what is taken down after that nothing
 * can be seen, and it is a good part of a short run. A container with volumes, or a cgroup outside the
 * engine's own, is removed in full first: without its record they would be nobody's after a crash.
 */
export async function removeAtEnd(
  context: ContainerContext,
  container: LiveContainer,
): Promise<void> {
  const { definition, hostConfig } = container;
  const hasVolumes = definition.mounts.some(({ volumeName }) => volumeName !== '');
  if (hasVolumes || hostConfig.CgroupParent !== '')
    return removeContainer(context, container, { removeVolumes: true });
  await context.network.detach(container.id);
  context.store.delete(container);
  container.settle('removed');
  await new Promise((resolve) => setImmediate(resolve)); // by then the answers are sent
  try {
    await tearDown(context, container);
  } finally {
    publish(context, container, 'destroy');
    context.inBackground(`removal of container ${container.name}`, removeData(context, container));
  }
}

/** Removes everything but the data; `data` resolves when that is gone as well. */
async function takeAway(
  context: ContainerContext,
  container: LiveContainer,
  { removeVolumes }: RemoveOptions,
): Promise<{ readonly data: Promise<unknown> }> {
  const { store, monitor } = context;
  const { mounts } = container.definition;
  const ownVolumes = removeVolumes ? mounts : [];
  // Volumes go before the record that names them, so a removal that has begun must be finished.
  if (ownVolumes.length > 0)
    store.setState(container, { status: 'removing', removal: { removeVolumes } });
  else store.showState(container, { status: 'removing' });
  let volumeData: Promise<unknown>;
  try {
    await tearDown(context, container);
    monitor.forget(container.id);
    volumeData = removeOwnVolumes(context, ownVolumes);
    volumeData.catch(() => {}); // awaited below
    store.delete(container);
  } catch (error) {
    // The next engine tries again; whoever waits need not.
    store.setState(container, { status: 'dead' });
    container.settle('removed');
    throw error;
  }
  container.streams.close(); // not cut: what the container wrote last may still be on its way
  publish(context, container, 'destroy');
  container.settle('next-exit');
  container.settle('removed');
  return { data: Promise.all([volumeData, removeData(context, container)]) };
}

async function removeData(
  { standby, logs, snapshotter, files }: ContainerContext,
  container: LiveContainer,
): Promise<void> {
  await standby.giveUp(container.id);
  logs.remove(container.logPath);
  await Promise.all([snapshotter.removeWritable(container.id), files.remove(container.id)]);
}
