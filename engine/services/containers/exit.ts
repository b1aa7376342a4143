/**
 * The end of a run. It goes on record when those who are attached have all of its output, as with
 * dockerd; those who wait are told at once, what the run used is taken down, and the container
 * started again, removed, or left, as it was asked for.
 */
import type { ContainerExit, MonitoredProcess } from '../../drivers/monitor.ts';
import { formatTime } from '../../host/clock.ts';
import { healthUnprobed } from '../health/health-record.ts';
import { cgroupsPathOf, publish, type ContainerContext } from './context.ts';
import type { LiveContainer } from './live-container.ts';
import { releaseVolumes } from './mounts.ts';
import { removeAtEnd } from './remove.ts';
import { scheduleRestart } from './restart.ts';
import { restartDelayMs, shouldRestart } from './restart-policy.ts';
import { publishRunEnd } from './run-events.ts';
import { hasProcess } from './state.ts';
import { within } from './wait.ts';

/** Handles the end of this run when it comes. */
export function watchForExit(
  context: ContainerContext,
  container: LiveContainer,
  process: MonitoredProcess,
): void {
  context.monitor.watch(container.id, container.bundlePath, process, {
    onExit: (exit) =>
      context.inBackground(
        `end of container ${container.name}`,
        container.exclusively(() => handleExit(context, container, process, exit)),
      ),
    onLost: () => {
      if (container.state.error === MONITOR_LOST) return; // the engine before this one told so
      context.warn(`the monitor of container ${container.name} was killed: its log ends here`);
      context.store.setState(container, { error: MONITOR_LOST });
    },
    onOutOfMemory: () => noteOutOfMemory(context, container),
  });
}

function noteOutOfMemory(context: ContainerContext, container: LiveContainer): void {
  if (container.state.wasOomKilled) return; // told already, by an engine before this one or today
  context.store.setState(container, { wasOomKilled: true });
  publish(context, container, 'oom');
}

const MONITOR_LOST = 'the monitor of the container was killed: its exit code is unknown';

/** For the caller who holds the container's lock. */
export async function handleExit(
  context: ContainerContext,
  container: LiveContainer,
  process: MonitoredProcess,
  exit: ContainerExit,
): Promise<void> {
  if (container.state.process?.container.pid !== process.container.pid) return;
  if (!hasProcess(container.state)) return;
  const seenAtNs = context.clock.nowNs();
  // Who is attached has it all before anybody hears or sees that the run is over; one who does not
  // read is not waited for.
  container.isEnding = true;
  if (container.streams.isInUse) await within(container.streams.drained(), DRAIN_LIMIT_MS);
  container.isEnding = false;
  const willRestart = recordExit(context, container, exit, seenAtNs);
  container.settle('next-exit');
  const isRemoved = container.hostConfig.AutoRemove && !container.isKept;
  if (!willRestart && isRemoved) return removeAtEnd(context, container);
  try {
    await tearDown(context, container);
  } finally {
    if (willRestart) scheduleRestart(context, container);
  }
}

/** As dockerd. */
const DRAIN_LIMIT_MS = 2000;
const AWAY_MS = 2000;

/** Writes the end down and announces it; true when the container is to be started again. */
function recordExit(
  context: ContainerContext,
  container: LiveContainer,
  exit: ContainerExit,
  seenAtNs: bigint,
): boolean {
  if (exit.wasOomKilled) noteOutOfMemory(context, container);
  const { state } = container;
  const seenAtMs = Number(seenAtNs / 1_000_000n);
  // Only an engine that was away learns of an end long after.
  const wasAway = exit.endedAtMs !== undefined && seenAtMs - exit.endedAtMs > AWAY_MS;
  const endedAtNs = wasAway ? BigInt(Math.trunc(exit.endedAtMs ?? 0)) * 1_000_000n : seenAtNs;
  const ranMs = Number(endedAtNs / 1_000_000n) - Date.parse(state.startedAt);
  const outcome = { ...state, exitCode: exit.exitCode };
  const willRestart = shouldRestart(container.hostConfig.RestartPolicy, outcome);
  container.restartDelayMs = willRestart ? restartDelayMs(container.restartDelayMs, ranMs) : 0;
  context.store.setState(container, {
    status: willRestart ? 'restarting' : 'exited',
    process: undefined,
    exitCode: exit.exitCode,
    error: exit.isKnown ? '' : MONITOR_LOST,
    finishedAt: formatTime(endedAtNs),
    health: healthUnprobed(state.health),
    restartCount: willRestart ? state.restartCount + 1 : state.restartCount,
  });
  // An end that could not be written down is left for the next engine to see.
  if (context.store.isSaved(container)) context.monitor.forget(container.id);
  container.streams.close();
  publish(context, container, 'die', {
    execDuration: String(Math.max(0, Math.trunc(ranMs / 1000))),
    exitCode: String(exit.exitCode),
  });
  publishRunEnd(context, container);
  return willRestart;
}

/** Takes down what a run used. Every step is taken; the second time there is nothing to do. */
export async function tearDown(context: ContainerContext, container: LiveContainer): Promise<void> {
  if (container.isTornDown) return;
  const { id, state, hostConfig } = container;
  const runtime = context.runtimes.find(state.runtime ?? hostConfig.Runtime);
  // Those that go on aside come first, so that they do while the others are done here.
  const steps = [
    context.files.removeBundle(id),
    runtime.remove(id, cgroupsPathOf(context, container)),
    context.snapshotter.unmount(id),
    context.network.detach(id),
    releaseVolumes(context, container),
  ];
  const failures = (await Promise.allSettled(steps)).flatMap((step) =>
    step.status === 'rejected' ? [step.reason as unknown] : [],
  );
  if (failures.length > 0)
    throw new AggregateError(failures, `taking down container ${container.name}`);
  container.isTornDown = true;
}
