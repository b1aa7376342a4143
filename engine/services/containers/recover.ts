/**
 * What an engine that starts makes of what the last one left. Containers that run are adopted as they
 * are; ends that nobody saw are taken from the record the monitors keep; after a reboot everything
 * that ran has ended. Restart policies apply. What no record names is removed.
 */
import { messageOf } from '../../contract/errors.ts';
import type { ContainerExit } from '../../drivers/monitor.ts';
import type { ContainerContext } from './context.ts';
import { handleExit, tearDown, watchForExit } from './exit.ts';
import type { LiveContainer } from './live-container.ts';
import { removeContainer } from './remove.ts';
import { restartNow, scheduleRestart } from './restart.ts';
import { shouldStartWithEngine } from './restart-policy.ts';
import { hasProcess } from './state.ts';

const UNSEEN: ContainerExit = { exitCode: 255, wasOomKilled: false, isKnown: true };

/** To be called once, before anything else is asked of containers. */
export async function recoverContainers(context: ContainerContext): Promise<void> {
  const all = context.store.all();
  const alive = all.filter((container) => isAlive(context, container));
  await context.network.recover(
    alive.flatMap(({ state }) => (state.network === undefined ? [] : [state.network])),
  );
  await sweep(context);
  for (const container of all)
    try {
      if (alive.includes(container)) await adopt(context, container);
      else await settle(context, container);
    } catch (error) {
      context.warn(`recovering container ${container.name}: ${messageOf(error)}`);
    }
  const due = all.filter((container) => isDue(context, container));
  context.inBackground('starting containers by their policies', startAll(context, due));
}

/** Marked as about to start before the first client asks; the starts themselves are not waited for. */
function isDue({ store }: ContainerContext, container: LiveContainer): boolean {
  const { status } = container.state;
  const { RestartPolicy } = container.hostConfig;
  if (status !== 'exited' || store.get(container.id) === undefined) return false;
  if (!shouldStartWithEngine(RestartPolicy, container.state)) return false;
  store.setState(container, { status: 'restarting', restartCount: 0, stoppedByUser: false });
  return true;
}

/** Oldest first, one after the other: who shares another's network was made after it. */
async function startAll(context: ContainerContext, due: readonly LiveContainer[]): Promise<void> {
  for (const container of due)
    await container.exclusively(async () => {
      if (container.restarting) await restartNow(context, container);
    });
}

function isAlive({ monitor, machine }: ContainerContext, { id, bundlePath, state }: LiveContainer) {
  const { process, bootId } = state;
  if (!hasProcess(state) || process === undefined || bootId !== machine.bootId) return false;
  if (monitor.exitOf(id, bundlePath) !== undefined) return false;
  return monitor.isAlive(process.container);
}

/** It runs: from now on this engine hears of its end. */
async function adopt(context: ContainerContext, container: LiveContainer): Promise<void> {
  const { process, runtime } = container.state;
  if (process === undefined) return;
  watchForExit(context, container, process);
  container.streams.open(context.monitor, container.bundlePath);
  // The last engine died between creating it and letting it go.
  const driver = context.runtimes.find(runtime ?? '');
  if (driver.isWaiting(container.id)) await driver.release(container.id);
}

/** It does not run: its end is recorded if it was not, its leftovers go, its policy applies. */
async function settle(context: ContainerContext, container: LiveContainer): Promise<void> {
  const { process } = container.state;
  if (hasProcess(container.state) && process !== undefined) {
    const exit = context.monitor.exitOf(container.id, container.bundlePath) ?? UNSEEN;
    await container.exclusively(() => handleExit(context, container, process, exit));
    return;
  }
  await removeLeftovers(context, container);
  const { status } = container.state;
  const { AutoRemove } = container.hostConfig;
  if (status === 'dead' || (status === 'exited' && AutoRemove)) {
    await container.exclusively(() =>
      removeContainer(context, container, { removeVolumes: AutoRemove }),
    );
  } else if (status === 'restarting') {
    scheduleRestart(context, container); // decided by the engine before this one
  }
}

/** Of a start, or an end, that a crash cut off. */
async function removeLeftovers(context: ContainerContext, container: LiveContainer): Promise<void> {
  const { id } = container;
  const hasLeftovers =
    context.files.hasBundle(id) || context.runtimes.all().some((it) => it.list().includes(id));
  if (hasLeftovers) await tearDown(context, container);
  else await context.snapshotter.unmount(id);
}

/** Removes what belongs to no container: of creations and removals that were cut off. */
async function sweep(context: ContainerContext): Promise<void> {
  const { store, snapshotter, files, monitor, runtimes, settings } = context;
  const isOrphan = (id: string) => store.get(id) === undefined;
  const runtime = runtimes.find('');
  const inRuntimes = runtimes.all().flatMap((it) => it.list());
  const inCgroups = runtime.cgroupsBelow(settings.cgroupParent);
  for (const id of new Set([...inRuntimes, ...inCgroups]))
    if (isOrphan(id))
      for (const it of runtimes.all()) await it.remove(id, `${settings.cgroupParent}/${id}`);
  for (const id of monitor.listExits()) if (isOrphan(id)) monitor.forget(id);
  for (const id of new Set([...snapshotter.listWritable(), ...files.list()]))
    if (isOrphan(id)) {
      monitor.abandon(files.bundleOf(id));
      await snapshotter.removeWritable(id);
      await files.remove(id);
    }
  // A definition without its writable layer was cut off while it was made.
  const layers = new Set(snapshotter.listWritable());
  for (const container of store.all())
    if (!layers.has(container.id) && container.state.startedAt === '') {
      store.delete(container);
      await files.remove(container.id);
    }
}
