/**
 * What an engine that starts makes of what the last one left. Containers that run are adopted as they
 * are; ends that nobody saw are taken from the record the monitors keep; after a reboot everything
 * that ran has ended. Restart policies apply. What was half made or half removed is undone or
 * finished, and what no record names is removed. Nothing that cannot be mended keeps the engine from
 * starting: it is told as a warning, and tried again by the next.
 */
import { messageOf } from '../../contract/errors.ts';
import type { ContainerExit } from '../../drivers/monitor.ts';
import { cgroupsPathOf, type ContainerContext } from './context.ts';
import { thaw } from './commit.ts';
import { undoCreation } from './create.ts';
import { handleExit, tearDown, watchForExit } from './exit.ts';
import type { LiveContainer } from './live-container.ts';
import { removeContainer } from './remove.ts';
import { restartNow, scheduleRestart } from './restart.ts';
import { shouldStartWithEngine } from './restart-policy.ts';
import { hasProcess } from './state.ts';

/** Taking a container down is mostly waiting for the kernel. */
const AT_ONCE = 16;

/** To be called once, before anything else is asked of containers. */
export async function recoverContainers(context: ContainerContext): Promise<void> {
  const all = context.store.all();
  const alive = new Set(all.filter((container) => isAlive(context, container)));
  const mend = async (what: string, work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      context.warn(`${what}: ${messageOf(error)}`);
    }
  };
  await mend('ending stray monitors', () => endStrays(context, alive));
  const networks = [...alive].flatMap(({ state }) => state.network ?? []);
  await mend('recovering networks', () => context.network.recover(networks));
  const orphans = [...orphansOf(context)];
  await eachOf(orphans, (id) =>
    mend(`removing what is left of container ${id}`, () => removeOrphan(context, id)),
  );
  await eachOf(context.store.halfMade, (definition) =>
    mend(`undoing the creation of container ${definition.name}`, async () => {
      await undoCreation(context, definition);
      context.store.forget(definition);
    }),
  );
  const recover = (container: LiveContainer) =>
    mend(`recovering container ${container.name}`, () =>
      container.exclusively(() =>
        alive.has(container) ? adopt(context, container) : settle(context, container),
      ),
    );
  await eachOf(all, recover);
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
      if (container.restarting && !context.closing.aborted) await restartNow(context, container);
    });
}

/** While its monitor lives the end of a container is still to be heard of. */
function isAlive({ monitor, machine }: ContainerContext, { id, bundlePath, state }: LiveContainer) {
  const { process, bootId } = state;
  if (!hasProcess(state) || process === undefined || bootId !== machine.bootId) return false;
  if (monitor.exitOf(id, bundlePath) !== undefined) return false;
  return monitor.isAlive(process.container) || monitor.isAlive(process.monitor);
}

/** Of starts that a crash cut off. A monitor that has recorded an exit is about to end by itself. */
function endStrays(
  { store, files, monitor }: ContainerContext,
  alive: ReadonlySet<LiveContainer>,
): Promise<void> {
  return monitor.endStrays((id) => {
    const container = store.get(id);
    if (container !== undefined && alive.has(container)) return true;
    return monitor.exitOf(id, files.bundleOf(id)) !== undefined;
  });
}

/**
 * It runs: from now on this engine hears of its end, and handles it once it is adopted. As for
 * `settle`, the caller holds the container's lock.
 */
async function adopt(context: ContainerContext, container: LiveContainer): Promise<void> {
  const { process, runtime, status } = container.state;
  if (process === undefined) return;
  for (const { volumeName } of container.definition.mounts)
    if (volumeName !== '') context.volumes.adopt(volumeName, container.id);
  watchForExit(context, container, process);
  container.streams.open(context.monitor, container.bundlePath);
  const driver = context.runtimes.find(runtime ?? '');
  // The last engine died between creating it and letting it go, or between freezing and noting it.
  if (driver.isWaiting(container.id) && context.monitor.isAlive(process.container))
    await driver.finishRelease(container.id, process.container.pid);
  const actual = driver.isPaused(cgroupsPathOf(context, container)) ? 'paused' : 'running';
  if (actual !== status) context.store.setState(container, { status: actual });
  await thaw(context, container);
}

/** It does not run: its end is recorded if it was not, its leftovers go, its policy applies. */
async function settle(context: ContainerContext, container: LiveContainer): Promise<void> {
  const { process, bootId } = container.state;
  if (hasProcess(container.state) && process !== undefined) {
    const wasRebooted = bootId !== context.machine.bootId;
    const unseen: ContainerExit = { exitCode: 255, wasOomKilled: false, isKnown: wasRebooted };
    const exit = context.monitor.exitOf(container.id, container.bundlePath) ?? unseen;
    return handleExit(context, container, process, exit);
  }
  await removeLeftovers(context, container);
  const { status, removal } = container.state;
  const { AutoRemove } = container.hostConfig;
  if (status === 'dead' || status === 'removing' || (status === 'exited' && AutoRemove)) {
    const removeVolumes = removal?.removeVolumes ?? AutoRemove;
    await removeContainer(context, container, { removeVolumes });
  } else if (status === 'restarting') {
    scheduleRestart(context, container); // decided by the engine before this one
  }
}

/** Of a start, or an end, that a crash cut off. */
async function removeLeftovers(context: ContainerContext, container: LiveContainer): Promise<void> {
  const { id } = container;
  context.monitor.forget(id);
  const hasLeftovers =
    context.files.hasBundle(id) || context.runtimes.all().some((it) => it.list().includes(id));
  if (hasLeftovers) await tearDown(context, container);
  else await context.snapshotter.unmount(id);
}

/** Ids of containers that no record names, of creations and removals that were cut off. */
function orphansOf(context: ContainerContext): Set<string> {
  const { store, snapshotter, files, monitor, runtimes, settings } = context;
  const found = [
    ...runtimes.all().flatMap((it) => it.list()),
    ...runtimes.find('').cgroupsBelow(settings.cgroupParent),
    ...monitor.listExits(),
    ...snapshotter.listWritable(),
    ...files.list(),
  ];
  return new Set(found.filter((id) => store.get(id) === undefined));
}

/** Every step is taken, whatever becomes of the others. */
async function removeOrphan(context: ContainerContext, id: string): Promise<void> {
  const { snapshotter, files, monitor, runtimes, settings } = context;
  const steps = [
    async () => monitor.forget(id),
    async () => monitor.abandon(files.bundleOf(id)),
    ...runtimes.all().map((it) => () => it.remove(id, `${settings.cgroupParent}/${id}`)),
    () => snapshotter.removeWritable(id),
    () => files.remove(id),
  ];
  const failures: unknown[] = [];
  for (const step of steps) await step().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw new AggregateError(failures, 'not all of it');
}

/** Some at a time, in order of their beginning. */
async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
