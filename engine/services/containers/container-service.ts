/**
 * Containers: the face of this folder to the API and to the services around it. Each verb is a file.
 */
import type { Duplex } from 'node:stream';
import type { ContainerInspect, HostConfig, UpdateBody } from '../../contract/containers.ts';
import type { WatchedContainer } from '../../contract/gantry.ts';
import type { Filters } from '../../contract/route.ts';
import type { ContainerSummary } from '../../contract/summaries.ts';
import type { Endpoint } from '../../drivers/network.ts';
import type { Digest } from '../../formats/digest.ts';
import type { HealthRecord } from '../health/health-record.ts';
import type { Probed, ProbedContainers } from '../health/health-service.ts';
import { planProbe } from '../health/probe-plan.ts';
import type { ImageUsers } from '../images/image.ts';
import { attachContainer, parseSize, resizeTerminal, type AttachWish } from './attach.ts';
import { commitContainer, type CommitRequest } from './commit.ts';
import type { ContainerLookup, ContainerView } from './container.ts';
import { ContainerContents } from './contents.ts';
import { cgroupsPathOf, type ContainerContext } from './context.ts';
import { createContainer, type CreateRequest } from './create.ts';
import { configureHost } from './configure-host.ts';
import { recordHealth } from './health.ts';
import { inspectContainer } from './inspect.ts';
import { killContainer } from './kill.ts';
import { listContainers, type ListRequest } from './list.ts';
import { presentLinkVariablesOf, removeLink } from './links.ts';
import type { LiveContainer } from './live-container.ts';
import { networkOf } from './networks-view.ts';
import { pauseContainer, unpauseContainer } from './pause.ts';
import { pruneContainers, type Pruned } from './prune.ts';
import { recoverContainers } from './recover.ts';
import { removeOnRequest, type RemoveOptions } from './remove.ts';
import { renameContainer } from './rename.ts';
import { restartContainer } from './restart.ts';
import { userOf } from './spec.ts';
import { startContainer } from './start.ts';
import { hasProcess } from './state.ts';
import { stopContainer, type StopOptions } from './stop.ts';
import { summaryOf, watchedOf } from './summary.ts';
import { listProcesses, type ProcessTable } from './top.ts';
import { updateContainer } from './update.ts';
import { parseWaitCondition, waitForContainer, waitForExit } from './wait.ts';

/** A running container on a network. */
export interface Member {
  readonly containerId: string;
  readonly containerName: string;
  readonly endpoint?: Endpoint;
}

/** For starts and ends under way when the engine stops; what takes longer is up to the next one. */
const CLOSE_DEADLINE_MS = 10_000;

export class ContainerService implements ContainerLookup, ImageUsers, ProbedContainers {
  /** Files in and out of containers. */
  readonly contents: ContainerContents;
  private readonly context: ContainerContext;

  constructor(context: ContainerContext) {
    this.context = context;
    this.contents = new ContainerContents(context);
  }

  /** Once, before anything else. */
  recover(): Promise<void> {
    return recoverContainers(this.context);
  }

  find(nameOrId: string): LiveContainer {
    return this.context.store.find(nameOrId);
  }

  // What the API asks for. Every name may be an id or a prefix of one.

  async create(request: CreateRequest): Promise<{ id: string; warnings: string[] }> {
    const { container, warnings } = await createContainer(this.context, request);
    return { id: container.id, warnings };
  }

  start(name: string): Promise<void> {
    return startContainer(this.context, this.find(name));
  }

  /** Before a first start: the host configuration as clients of old send it only now. */
  configureHost(name: string, request: HostConfig): Promise<void> {
    return configureHost(this.context, this.find(name), request);
  }

  stop(name: string, options: StopOptions): Promise<void> {
    return stopContainer(this.context, this.find(name), options);
  }

  kill(name: string, signal: string): Promise<void> {
    return killContainer(this.context, name, signal);
  }

  restart(name: string, options: StopOptions): Promise<void> {
    return restartContainer(this.context, this.find(name), options);
  }

  pause(name: string): Promise<void> {
    return pauseContainer(this.context, this.find(name));
  }

  unpause(name: string): Promise<void> {
    return unpauseContainer(this.context, this.find(name));
  }

  /** The exit code. Waiting has begun when this returns; `condition` as the API writes it. */
  wait(name: string, condition: string, signal: AbortSignal): Promise<number> {
    const waitFor = parseWaitCondition(condition);
    return waitForContainer(this.find(name), waitFor, signal);
  }

  attach(name: string, wish: AttachWish, connect: () => Duplex): Promise<void> {
    return attachContainer(this.context, name, wish, connect);
  }

  resize(name: string, height: string, width: string): void {
    const container = this.find(name);
    const rows = parseSize('height', height);
    resizeTerminal(this.context, container, rows, parseSize('width', width));
  }

  rename(name: string, wanted: string): void {
    renameContainer(this.context, this.find(name), wanted);
  }

  /** `web/database`: the name that `web` has for another container. */
  removeLink(name: string): void {
    removeLink(this.context, name);
  }

  remove(name: string, options: RemoveOptions & { readonly force: boolean }): Promise<void> {
    return removeOnRequest(this.context, this.find(name), options);
  }

  prune(filters: Filters): Promise<Pruned> {
    return pruneContainers(this.context, filters);
  }

  list(request: ListRequest): Promise<ContainerSummary[]> {
    return listContainers(this.context, request);
  }

  inspect(name: string, withSize: boolean): Promise<ContainerInspect> {
    return inspectContainer(this.context, this.find(name), withSize);
  }

  top(name: string, psArguments: string): Promise<ProcessTable> {
    return listProcesses(this.context, this.find(name), psArguments);
  }

  update(name: string, request: UpdateBody): Promise<string[]> {
    return updateContainer(this.context, this.find(name), request);
  }

  // What other services ask for.

  async waitForExit(id: string, signal?: AbortSignal): Promise<void> {
    const container = this.context.store.get(id);
    if (container !== undefined) await waitForExit(container, signal);
  }

  containersOf(id: Digest): { id: string; name: string; running: boolean }[] {
    return this.context.store
      .all()
      .filter(
        ({ imageId, definition }) =>
          imageId === id || definition.mounts.some(({ image }) => image?.id === id),
      )
      .map(({ id, name, running }) => ({ id, name, running }));
  }

  containersPerImage(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { imageId } of this.context.store.all())
      counts.set(imageId, (counts.get(imageId) ?? 0) + 1);
    return counts;
  }

  /** Every container, oldest first. */
  summaries(): ContainerSummary[] {
    return this.context.store.all().map((container) => summaryOf(this.context, container));
  }

  watchedAll(): WatchedContainer[] {
    return this.context.store.all().map((container) => watchedOf(this.context, container));
  }

  watched(id: string): WatchedContainer | undefined {
    const container = this.context.store.get(id);
    return container && watchedOf(this.context, container);
  }

  onChange(listener: (id: string) => void): () => void {
    return this.context.store.onChange(listener);
  }

  probed(id: string): Probed | undefined {
    const container = this.context.store.get(id);
    const plan = container && planProbe(container.config);
    if (plan === undefined || container?.state.status !== 'running') return undefined;
    if (container.isKilled || container.isEnding) return undefined;
    const { health, startedAt } = container.state;
    return health && { id, plan, health, startedAt };
  }

  allProbed(): Probed[] {
    return this.context.store.all().flatMap(({ id }) => this.probed(id) ?? []);
  }

  setHealth(id: string, health: HealthRecord): void {
    recordHealth(this.context, this.find(id), health);
  }

  counts(): { running: number; paused: number; stopped: number } {
    const count = { running: 0, paused: 0, stopped: 0 };
    for (const { state } of this.context.store.all())
      if (state.status === 'paused') count.paused++;
      else if (state.status === 'running' || state.status === 'restarting') count.running++;
      else count.stopped++;
    return count;
  }

  runningContainers(): readonly ContainerView[] {
    return this.context.store.all().filter(({ state }) => hasProcess(state));
  }

  /** Where its cgroup is, from the root of the hierarchies. */
  cgroupsPathOf(id: string): string {
    return cgroupsPathOf(this.context, this.find(id));
  }

  /** Containers, running or not, that mount a volume; none that is being removed. */
  volumeUsers(volumeName: string): string[] {
    return this.context.store
      .all()
      .filter(({ state }) => state.status !== 'removing')
      .filter(({ definition }) => definition.mounts.some((it) => it.volumeName === volumeName))
      .map(({ id }) => id);
  }

  networkMembers(networkId: string): Member[] {
    return this.context.store.all().flatMap((container) => {
      const network = networkOf(container);
      if (network === undefined || network.request.network.id !== networkId) return [];
      const { endpoint } = network.sandbox;
      return [
        { containerId: container.id, containerName: container.name, ...(endpoint && { endpoint }) },
      ];
    });
  }

  /**
   * `user[:group]` by the files of a container that runs; empty is the container's own, which is looked
   * up once for a run. Throws `invalid-argument`.
   */
  resolveUser({ id, rootfsPath }: Pick<ContainerView, 'id' | 'rootfsPath'>, user: string) {
    const container = this.find(id);
    const lookUp = (text: string) => userOf(this.context, container, rootfsPath, text);
    if (user !== '') return lookUp(user);
    return (container.ownUser ??= lookUp(container.config.User));
  }

  /** What its links tell a further program in a container that runs. */
  linkVariables({ id }: Pick<ContainerView, 'id'>): string[] {
    return presentLinkVariablesOf(this.context, this.find(id));
  }

  commit(name: string, request: CommitRequest, signal: AbortSignal): Promise<Digest> {
    return commitContainer(this.context, this.find(name), request, signal);
  }

  /** Has the container's log writer open its file anew. */
  async reopenLog(containerId: string): Promise<void> {
    this.context.monitor.reopenLog(this.find(containerId).bundlePath);
  }

  /** At the engine's end, after `closing`: what is under way is finished; containers go on. */
  async close(): Promise<void> {
    const { store, standby, monitor, runtimes, settings, clock } = this.context;
    for (const container of store.all()) clearTimeout(container.restartTimer);
    const underWay = store.all().map((container) => container.exclusively(async () => {}));
    const overdue = new AbortController();
    await Promise.race([
      Promise.all(underWay),
      clock.sleep(CLOSE_DEADLINE_MS, overdue.signal).catch(() => {}),
    ]);
    overdue.abort();
    await standby.close();
    store.close();
    monitor.close();
    if (this.runningContainers().length === 0)
      runtimes.find('').removeParent(settings.cgroupParent);
    runtimes.close();
  }
}
