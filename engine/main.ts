/**
 * gantryd. The composition root: config → objects → routes → listen, top to bottom. SIGTERM and
 * SIGINT end the engine; containers go on running without it.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { archiveHandlers } from './api/archive.ts';
import { attachHandlers } from './api/attach.ts';
import { buildHandlers } from './api/build.ts';
import { checkpointHandlers } from './api/checkpoints.ts';
import { containerHandlers } from './api/containers.ts';
import { diskUsageHandlers } from './api/disk-usage.ts';
import { execHandlers } from './api/exec.ts';
import { gantryHandlers } from './api/gantry.ts';
import { bind, type BoundRoute } from './api/handler.ts';
import { imageHandlers } from './api/images.ts';
import { gantryLogHandlers, logHandlers } from './api/logs.ts';
import { networkHandlers } from './api/networks.ts';
import { pluginHandlers } from './api/plugins.ts';
import { ApiServer } from './api/server.ts';
import { statsHandlers } from './api/stats.ts';
import { registryHandlers } from './api/registry.ts';
import { storeHandlers } from './api/store.ts';
import { swarmHandlers } from './api/swarm.ts';
import { systemHandlers } from './api/system.ts';
import { volumeHandlers } from './api/volumes.ts';
import { checkAtRest } from './check.ts';
import { readConfig, type Config } from './config.ts';
import { ARCHIVE_ROUTES } from './contract/archive.ts';
import { ATTACH_ROUTES } from './contract/attach.ts';
import { BUILD_ROUTES } from './contract/build.ts';
import { CHECKPOINT_ROUTES } from './contract/checkpoints.ts';
import { CONTAINER_ROUTES } from './contract/containers.ts';
import { DISK_ROUTES } from './contract/disk-usage.ts';
import { EngineError, messageOf } from './contract/errors.ts';
import { EXEC_ROUTES } from './contract/exec.ts';
import { GANTRY_ROUTES } from './contract/gantry.ts';
import { IMAGE_ROUTES } from './contract/images.ts';
import { LOG_ROUTES } from './contract/logs.ts';
import { NETWORK_ROUTES } from './contract/networks.ts';
import { openApiDocument } from './contract/openapi.ts';
import { PLUGIN_ROUTES } from './contract/plugins.ts';
import { STORE_ROUTES } from './contract/store.ts';
import { STATS_ROUTES } from './contract/stats.ts';
import { REGISTRY_ROUTES } from './contract/registry.ts';
import { SWARM_ROUTES } from './contract/swarm.ts';
import { SYSTEM_ROUTES } from './contract/system.ts';
import { VOLUME_ROUTES } from './contract/volumes.ts';
import { FileContentStore } from './drivers/content/file-content.ts';
import { RuntimeExec } from './drivers/exec/runtime-exec.ts';
import { FilePool } from './drivers/files/file-pool.ts';
import { ThreadedBlockSearchers } from './drivers/logs/block-search.ts';
import { FileLogStore } from './drivers/logs/file-log-store.ts';
import { Conmon } from './drivers/monitor/conmon.ts';
import { BridgeNetworkDriver } from './drivers/network/bridge.ts';
import { HttpDownloads } from './drivers/registry/http-downloads.ts';
import { HttpRegistry } from './drivers/registry/http-registry.ts';
import { findRuntimes } from './drivers/runtime/installed-runtimes.ts';
import { LocalRuntimeFiles } from './drivers/runtime/local-files.ts';
import { OverlaySnapshotter } from './drivers/snapshots/overlay.ts';
import { ThreadedSurveyor } from './drivers/snapshots/threaded-surveyor.ts';
import { UnpackPool } from './drivers/snapshots/unpack-pool.ts';
import { SqliteState } from './drivers/state/sqlite.ts';
import { CgroupUsage } from './drivers/usage/cgroup-usage.ts';
import { LocalVolumeStore } from './drivers/volumes/local.ts';
import { prepareCgroups } from './host/cgroups.ts';
import { formatTime, systemClock as clock } from './host/clock.ts';
import { listen } from './host/listen.ts';
import { Log } from './host/log.ts';
import { readMachine } from './host/machine.ts';
import { keepFreedMemory, returnFreeMemory } from './host/memory.ts';
import { readPrivileges, thermalPaths } from './host/privileges.ts';
import { requireProgram, versionOf } from './host/programs.ts';
import { claimRoots } from './host/roots.ts';
import { BackgroundWork } from './services/background-work.ts';
import { BuildCache } from './services/build/build-cache.ts';
import { ContainerService } from './services/containers/container-service.ts';
import { ContainerStore } from './services/containers/container-store.ts';
import { containerSettings } from './services/containers/settings.ts';
import { Standby } from './services/containers/standby.ts';
import { EventBus } from './services/events/event-bus.ts';
import { ExecService } from './services/exec/exec-service.ts';
import { HealthService } from './services/health/health-service.ts';
import { ImageService } from './services/images/image-service.ts';
import { ContainerLogs } from './services/logs/container-logs.ts';
import { LogPages } from './services/logs/log-pages.ts';
import { LogRotation } from './services/logs/log-rotation.ts';
import { LogSearch } from './services/logs/log-search.ts';
import { NetworkService } from './services/networks/network-service.ts';
import { StatsService } from './services/stats/stats-service.ts';
import { DiskUsageService } from './services/system/disk-usage.ts';
import { RegistryService } from './services/registries/registry-service.ts';
import { SystemService } from './services/system/system-service.ts';
import { VolumeService } from './services/volumes/volume-service.ts';
import { WatchService } from './services/watch/watch-service.ts';

/** A registry that sends nothing for this long is given up on, and asked again for the rest. */
const REGISTRY_SILENCE_MS = 30_000;
/** How long the end of the engine waits for removals that were answered already. */
const SETTLE_MS = 5_000;
const DEFAULT_DATA_ROOT = '/var/lib/gantry';

async function main(): Promise<void> {
  const signalled = nextSignal();
  const config = readConfig(process.argv.slice(2), process.env);
  if (config.check) {
    process.exitCode = await checkAtRest(config);
    return;
  }
  keepFreedMemory();
  const { dataRoot, execRoot } = config;
  const log = new Log(config.logLevel);
  const warn = (message: string) => log.warn(message);
  const report = (message: string, error: unknown) => log.error(message, error);
  // What is to be done at the engine's end, last made first; all of it when it fails to start, too.
  await using undo = new AsyncDisposableStack();
  const closing = new AbortController();

  // The machine, and what of it is this engine's own.
  const machine = readMachine();
  const roots = claimRoots(dataRoot, execRoot, config.pidFile);
  undo.defer(() => roots.release());
  const cgroups = prepareCgroups();
  const privileges = readPrivileges();
  const state = new SqliteState(join(dataRoot, 'state.db'));
  undo.defer(() => state.close());
  const engineId = identityOf(state);
  const isDefaultEngine = dataRoot === DEFAULT_DATA_ROOT;
  const tag = isDefaultEngine ? 'gantry' : `gantry-${engineId.slice(0, 8)}`;
  const cgroupParent = `/${tag}`;

  // Drivers.
  const content = new FileContentStore(join(dataRoot, 'content'));
  const snapshotter = new OverlaySnapshotter(join(dataRoot, 'snapshots'), state);
  const unpacker = new UnpackPool(config.maxConcurrentDownloads);
  undo.defer(() => unpacker.close());
  const surveyor = new ThreadedSurveyor();
  undo.defer(() => surveyor.close());
  const web = { proxies: config.proxies, silenceMs: REGISTRY_SILENCE_MS };
  const registry = new HttpRegistry(
    {
      mirrors: config.registryMirrors,
      insecure: config.insecureRegistries,
      certificates: config.registryCertificates,
      ...web,
    },
    clock,
  );
  const network = new BridgeNetworkDriver({
    engineId,
    bridgeName: config.bridge || (isDefaultEngine ? 'gantry0' : `gt-${engineId.slice(0, 8)}`),
    mtu: config.mtu,
    execRoot,
    warn,
    ...(config.bip !== '' && { subnet: config.bip }),
  });
  const files = new LocalRuntimeFiles(dataRoot, execRoot);
  const containerStore = new ContainerStore(state, files);
  undo.defer(() => network.close({ keepNetworks: containerStore.hasProcesses() }));
  const runtimes = await findRuntimes({
    root: join(execRoot, 'runtimes'),
    cgroups,
    cgroupParent,
    defaultName: config.defaultRuntime,
    added: config.runtimes,
    warn,
  });
  undo.defer(() => runtimes.close());
  const conmonProgram = requireProgram('conmon', 'conmon');
  const monitor = new Conmon({
    program: conmonProgram,
    version: await versionOf(conmonProgram),
    exitDirectory: join(execRoot, 'exits'),
  });
  const containerFiles = new FilePool();
  undo.defer(() => containerFiles.close());
  const logStore = new FileLogStore();

  // Services. Those that ask each other are given closures, since one of them has to come first.
  const background = new BackgroundWork(report);
  const events = new EventBus(clock);
  const images = new ImageService({
    state,
    content,
    snapshotter,
    unpacker,
    surveyor,
    registry,
    downloads: new HttpDownloads(web),
    events,
    clock,
    users: () => containers,
    architecture: process.arch,
    maxConcurrentUploads: config.maxConcurrentUploads,
  });
  undo.defer(() => images.close());
  const volumes = new VolumeService({
    store: new LocalVolumeStore(dataRoot),
    state,
    events,
    clock,
    users: (name) => containers.volumeUsers(name),
  });
  const networks = new NetworkService({
    engineId,
    bridge: network.claimDefaultBridge(),
    createdAt: formatTime(clock.nowNs()),
    members: (id) => containers.networkMembers(id),
  });
  const containers: ContainerService = new ContainerService({
    store: containerStore,
    standby: new Standby({ files, snapshotter, monitor, runtimes }),
    images,
    snapshotter,
    networks,
    network,
    volumes,
    files,
    containerFiles,
    runtimes,
    monitor,
    logs: logStore,
    events,
    clock,
    machine,
    cgroups,
    settings: containerSettings(config, {
      privileges,
      cgroupParent,
      seccompProfile: readSeccompProfile(config),
      extraMaskedPaths: thermalPaths(machine.cpuCount),
    }),
    warn,
    readLog: (container, streams) => containerLogs.replay(container, streams),
    execIdsOf: (id) => exec.idsOf(id),
    closing: closing.signal,
    inBackground: (what, work) => background.add(what, work),
  });
  undo.defer(() => containers.close());
  undo.defer(() => background.settle(SETTLE_MS));
  const execRunner = new RuntimeExec({
    findRuntime: (name) => runtimes.find(name),
    directory: join(execRoot, 'exec'),
    allCapabilities: privileges.capabilities,
  });
  undo.defer(() => execRunner.close());
  const exec = new ExecService({
    containers,
    runner: execRunner,
    events,
    resolveUser: (container, user) => containers.resolveUser(container, user),
    linkVariables: (container) => containers.linkVariables(container),
  });
  const health = new HealthService({ containers, exec, clock });
  const containerLogs = new ContainerLogs(containers, logStore, clock);
  const rotation = new LogRotation({
    store: logStore,
    events,
    runningContainers: () => containers.runningContainers(),
    reopenLog: (id) => containers.reopenLog(id),
    report,
  });
  undo.use(rotation);
  const stats = new StatsService({
    containers,
    usage: new CgroupUsage(cgroups),
    events,
    clock,
    machineMemoryBytes: machine.memoryBytes,
  });
  const system = new SystemService({
    config,
    machine,
    cgroups,
    engineId,
    instance: randomBytes(8).toString('hex'),
    clock,
    runtimes,
    monitorVersion: monitor.version,
    counts: () => ({ ...containers.counts(), images: images.count() }),
  });
  const disk = new DiskUsageService({
    images: () => images.listWithSizes(),
    layerBytes: () => images.layerBytes(),
    containers: () =>
      containers.list({ all: true, limit: undefined, size: true, filters: new Map() }),
    volumes,
    volumeUsers: (name) => containers.volumeUsers(name),
  });
  const watch = new WatchService({ engine: () => system.summary(), containers, images });

  // What an earlier engine left: first containers, since they say what of the rest is in use. What
  // cannot be mended is no reason not to start.
  for (const service of [containers, execRunner, volumes, images])
    await service.recover().catch((error: unknown) => report('recovering', error));
  exec.recover();
  health.begin();
  undo.defer(() => health.close());

  // The API.
  const { watch: watchRoute, openapi, ...logRoutes } = GANTRY_ROUTES;
  const describe = () =>
    openApiDocument({
      System: { ...SYSTEM_ROUTES, ...DISK_ROUTES },
      Container: CONTAINER_ROUTES,
      Archive: ARCHIVE_ROUTES,
      Attach: ATTACH_ROUTES,
      Checkpoint: CHECKPOINT_ROUTES,
      Log: LOG_ROUTES,
      Stats: STATS_ROUTES,
      Exec: EXEC_ROUTES,
      Image: IMAGE_ROUTES,
      Registry: REGISTRY_ROUTES,
      Network: NETWORK_ROUTES,
      Volume: VOLUME_ROUTES,
      Build: BUILD_ROUTES,
      Swarm: SWARM_ROUTES,
      Plugin: PLUGIN_ROUTES,
      Gantry: { ...GANTRY_ROUTES, ...STORE_ROUTES },
    });
  const servers: Server[] = [];
  undo.defer(() => servers.forEach(closeServer));
  await serve(config, report, servers, [
    ...bind(SYSTEM_ROUTES, systemHandlers(system, events, clock)),
    ...bind(DISK_ROUTES, diskUsageHandlers(disk)),
    ...bind(CONTAINER_ROUTES, containerHandlers(containers)),
    ...bind(ARCHIVE_ROUTES, archiveHandlers(containers)),
    ...bind(ATTACH_ROUTES, attachHandlers(containers)),
    ...bind(CHECKPOINT_ROUTES, checkpointHandlers()),
    ...bind(LOG_ROUTES, logHandlers(containerLogs)),
    ...bind(STATS_ROUTES, statsHandlers(stats)),
    ...bind(EXEC_ROUTES, execHandlers(exec)),
    ...bind(IMAGE_ROUTES, imageHandlers(images)),
    ...bind(REGISTRY_ROUTES, registryHandlers(images, new RegistryService(registry))),
    ...bind(STORE_ROUTES, storeHandlers(images)),
    ...bind(NETWORK_ROUTES, networkHandlers(networks)),
    ...bind(VOLUME_ROUTES, volumeHandlers(volumes)),
    ...bind(BUILD_ROUTES, buildHandlers(new BuildCache(events))),
    ...bind(SWARM_ROUTES, swarmHandlers()),
    ...bind(PLUGIN_ROUTES, pluginHandlers()),
    ...bind({ watch: watchRoute, openapi }, gantryHandlers(watch, describe)),
    ...bind(
      logRoutes,
      gantryLogHandlers(
        new LogPages(containers, logStore),
        new LogSearch(containers, logStore, new ThreadedBlockSearchers()),
      ),
    ),
  ]);
  log.info(`listening on ${config.hosts.join(', ')}`);
  returnFreeMemory();

  const atEnd = undo.move();
  const signal = await signalled;
  log.info(`${signal}: stopping; containers go on`);
  closing.abort(new EngineError('unavailable', 'the engine is stopping'));
  await atEnd.disposeAsync();
  process.exit(0);
}

/** Asked for from the beginning: one that comes while the engine starts waits until it has. */
function nextSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.once(signal, () => resolve(signal));
  });
}

/** Random, made with the data root. */
function identityOf(state: SqliteState): string {
  const identity = state.records<string>('identity');
  const engineId = identity.get('engine') ?? randomBytes(16).toString('hex');
  identity.put('engine', engineId);
  return engineId;
}

function readSeccompProfile({ seccompProfile }: Config): string {
  return seccompProfile.startsWith('/') ? readFileSync(seccompProfile, 'utf8') : seccompProfile;
}

async function serve(
  config: Config,
  report: (message: string, error: unknown) => void,
  servers: Server[],
  routes: readonly BoundRoute[],
): Promise<void> {
  const api = new ApiServer(routes, report);
  for (const host of config.hosts) {
    const server = api.createHttpServer(tlsFor(config, host));
    servers.push(server);
    await listen(server, host, config.group);
  }
}

function closeServer(server: Server): void {
  server.close();
  server.closeAllConnections();
}

/** TCP without client certificates is a root shell for whoever reaches the port. */
function tlsFor(config: Config, host: string) {
  if (host.startsWith('unix://')) return undefined;
  if (!config.tlsVerify)
    throw new EngineError('invalid-argument', `${host} needs --tlsverify with its certificates`);
  return {
    ca: readFileSync(config.tlsCaCert),
    cert: readFileSync(config.tlsCert),
    key: readFileSync(config.tlsKey),
  };
}

main().catch((error: unknown) => {
  let first = error;
  while (first instanceof SuppressedError) first = first.suppressed; // what failed on the way out
  process.stderr.write(`gantryd: ${messageOf(first)}\n`);
  process.exit(1);
});
