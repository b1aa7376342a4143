/**
 * Starting a container. In order: network and rootfs, configuration, monitor (which creates the
 * container), attached clients, and only then its program. The state is written down between the
 * last two, so that an engine that dies in between finds the container again and lets it go on.
 * All or nothing: what was made before a failure is taken back.
 */
import { closeSocket } from '../../host/sockets.ts';
import { messageOf } from '../../contract/errors.ts';
import {
  ContainerCreateError,
  type MonitoredProcess,
  type MonitorRequest,
} from '../../drivers/monitor.ts';
import { parseLogOptions } from '../../formats/log-options.ts';
import { logTag } from '../../formats/log-tag.ts';
import { formatTime } from '../../host/clock.ts';
import { healthAtStart } from '../health/health-record.ts';
import { planProbe } from '../health/probe-plan.ts';
import type { ContainerState } from './container-record.ts';
import { publish, type ContainerContext } from './context.ts';
import { watchForExit, tearDown } from './exit.ts';
import { unpackImages } from './image-mounts.ts';
import { updateLinkingContainers } from './links.ts';
import type { LiveContainer } from './live-container.ts';
import { holdVolumes } from './mounts.ts';
import { joinNetwork, writeEtcFiles, type Joined } from './networking.ts';
import { removeContainer } from './remove.ts';
import { publishRunBegin, publishRunEnd } from './run-events.ts';
import { specOf } from './spec.ts';
import { requireCanStart } from './state.ts';
import { waitForEnding } from './wait.ts';

/** `not-modified` when it runs already. */
export async function startContainer(
  context: ContainerContext,
  container: LiveContainer,
): Promise<void> {
  await waitForEnding(container);
  requireCanStart(container.state);
  context.closing.throwIfAborted();
  clearTimeout(container.restartTimer);
  await container.exclusively(async () => {
    requireCanStart(container.state);
    await bringUp(context, container, { restartCount: 0, stoppedByUser: false });
  });
}

/** For the caller who holds the container's lock. */
export async function bringUp(
  context: ContainerContext,
  container: LiveContainer,
  counters: { restartCount: number; stoppedByUser: boolean },
): Promise<void> {
  let joined: Joined | undefined;
  container.isTornDown = false;
  container.isKilled = false;
  const joining = joinNetwork(context, container);
  joining.catch(() => {}); // awaited below, where its failure counts
  try {
    await unpackImages(context, container);
    const rootfsPath = context.snapshotter.mount(container.id, container.definition.layers, {
      isVolatile: container.hostConfig.AutoRemove,
    });
    await holdVolumes(context, container);
    joined = await joining;
    publishRunBegin(context, container, joined.request?.network);
    await run(context, container, joined, rootfsPath, counters);
  } catch (error) {
    joined ??= await joining.catch(() => undefined);
    await takeBack(context, container, joined, error);
    throw error instanceof ContainerCreateError ? error.failure.error : error;
  } finally {
    joined?.sandbox.reservedSockets.forEach(closeSocket); // the monitor has its own by now
    context.standby.refill();
  }
}

async function run(
  context: ContainerContext,
  container: LiveContainer,
  joined: Joined,
  rootfsPath: string,
  counters: { restartCount: number; stoppedByUser: boolean },
): Promise<void> {
  const { files, monitor, store } = context;
  const runtime = context.runtimes.find(container.hostConfig.Runtime);
  const { sandbox, request } = joined;
  if (container.config.WorkingDir !== '')
    files.ensureDirectoryInRootfs(rootfsPath, container.config.WorkingDir);
  const spec = specOf(context, container, {
    rootfsPath,
    networkNamespace: sandbox.namespacePath,
  });
  const process = await createProcess(context, container, joined, runtime.configText(spec));
  files.releasePins(container.id);
  const { reservedSockets: _handedOver, ...kept } = sandbox;
  const begun: Partial<ContainerState> = {
    ...counters,
    status: 'running',
    process,
    rootfsPath,
    runtime: runtime.name,
    ...(request && { network: { request, sandbox: kept } }),
    bootId: context.machine.bootId,
    startedAt: formatTime(context.clock.nowNs()),
    exitCode: 0,
    error: '',
    wasOomKilled: false,
    health: planProbe(container.config) && healthAtStart(container.state.health),
  };
  try {
    store.commitState(container, begun);
    watchForExit(context, container, process);
    container.streams.open(monitor, container.bundlePath);
    await runtime.release(container.id);
  } catch (error) {
    monitor.discard(container.id, process);
    throw error;
  }
  publish(context, container, 'start');
  updateLinkingContainers(context, container);
}

async function createProcess(
  context: ContainerContext,
  container: LiveContainer,
  { sandbox }: Joined,
  configText: string,
): Promise<MonitoredProcess> {
  const { files, monitor, standby } = context;
  const request = monitorRequest(context, container, sandbox.reservedSockets);
  const waiting = await standby.claim(request, configText);
  if (waiting === undefined) files.openBundle(container.id);
  writeEtcFiles(context, container, sandbox);
  if (waiting !== undefined) return waiting.create(configText);
  files.writeConfig(container.id, configText);
  return monitor.create(request);
}

function monitorRequest(
  context: ContainerContext,
  container: LiveContainer,
  held: readonly number[],
): MonitorRequest {
  const { config, hostConfig } = container;
  return {
    containerId: container.id,
    bundlePath: container.bundlePath,
    log: logTargetOf(container),
    hasTerminal: config.Tty,
    hasStdin: config.OpenStdin,
    keepStdinOpen: config.Tty || !config.StdinOnce,
    runtime: context.runtimes.find(hostConfig.Runtime),
    held,
  };
}

function logTargetOf(container: LiveContainer): MonitorRequest['log'] {
  const { Type: driver, Config: options } = container.hostConfig.LogConfig;
  const { isStored, isJournal } = parseLogOptions(driver, options);
  if (isStored) return { kind: 'file', path: container.logPath };
  if (!isJournal) return { kind: 'none' };
  return {
    kind: 'journal',
    name: container.name,
    tag: logTag(options['tag'] ?? '', container),
  };
}

/** Leaves the container as it was, with the reason noted; one that removes itself goes. */
async function takeBack(
  context: ContainerContext,
  container: LiveContainer,
  joined: Joined | undefined,
  error: unknown,
): Promise<void> {
  const { store } = context;
  const failure = error instanceof ContainerCreateError ? error.failure : undefined;
  const status = container.state.startedAt === '' ? 'created' : 'exited';
  store.setState(container, {
    status,
    process: undefined,
    exitCode: failure?.exitCode ?? 128,
    error: messageOf(failure?.error ?? error),
    ...(joined?.request && {
      network: { request: joined.request, sandbox: joined.sandbox },
    }),
  });
  container.streams.abort();
  if (joined !== undefined) publishRunEnd(context, container);
  await tearDown(context, container);
  container.settle('next-exit');
  if (container.hostConfig.AutoRemove)
    await removeContainer(context, container, { removeVolumes: true });
}
