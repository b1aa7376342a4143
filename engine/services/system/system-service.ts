/** `docker version` and `docker info`: the engine, its parts, its machine, and what it holds. */
import { API_VERSION, ENGINE_VERSION, MINIMUM_API_VERSION } from '../../contract/version.ts';
import type { EngineSummary } from '../../contract/gantry.ts';
import type { SystemInfo, SystemVersion } from '../../contract/system.ts';
import type { Config } from '../../config.ts';
import { formatTime, type Clock } from '../../host/clock.ts';
import type { Runtimes } from '../../drivers/runtime.ts';
import type { Cgroups } from '../../host/cgroups.ts';
import type { Machine } from '../../host/machine.ts';

export interface SystemFacts {
  readonly config: Config;
  readonly machine: Machine;
  readonly cgroups: Cgroups;
  /** Stable for a data root. */
  readonly engineId: string;
  /** Random for each start. */
  readonly instance: string;
  readonly clock: Clock;
  readonly runtimes: Pick<Runtimes, 'all' | 'find' | 'defaultName'>;
  /** First line of what it says of its version. */
  readonly monitorVersion: string;
  readonly counts: () => { running: number; paused: number; stopped: number; images: number };
}

export class SystemService {
  private readonly facts: SystemFacts;

  constructor(facts: SystemFacts) {
    this.facts = facts;
  }

  version(): SystemVersion {
    const { machine, runtimes, monitorVersion } = this.facts;
    const runtime = runtimes.find('');
    const common = {
      Version: ENGINE_VERSION,
      ApiVersion: `1.${API_VERSION}`,
      MinAPIVersion: `1.${MINIMUM_API_VERSION}`,
      GitCommit: '',
      GoVersion: `node ${process.version}`,
      Os: 'linux',
      Arch: machine.goArchitecture,
      KernelVersion: machine.kernelVersion,
      BuildTime: '',
    };
    const details = Object.fromEntries(
      Object.entries(common).filter(([name, value]) => name !== 'Version' && value !== ''),
    );
    return {
      Platform: { Name: 'Gantry' },
      Components: [
        { Name: 'Engine', Version: ENGINE_VERSION, Details: details },
        { Name: runtime.name, Version: numberIn(runtime.version) },
        { Name: 'conmon', Version: numberIn(monitorVersion) },
      ],
      ...common,
    };
  }

  info(): SystemInfo {
    const { config, machine, cgroups, engineId, clock, runtimes } = this.facts;
    const counts = this.facts.counts();
    return {
      ID: engineId,
      Containers: counts.running + counts.paused + counts.stopped,
      ContainersRunning: counts.running,
      ContainersPaused: counts.paused,
      ContainersStopped: counts.stopped,
      Images: counts.images,
      Driver: 'overlay2',
      DriverStatus: [
        ['Supports d_type', 'true'],
        ['Native Overlay Diff', 'true'],
      ],
      Plugins: {
        Volume: ['local'],
        Network: ['bridge', 'host', 'null'],
        Authorization: null,
        Log: ['json-file', 'local', 'none'],
      },
      MemoryLimit: cgroups.memoryLimit,
      SwapLimit: cgroups.swapLimit,
      CpuCfsPeriod: cgroups.cpuQuota,
      CpuCfsQuota: cgroups.cpuQuota,
      CPUShares: cgroups.cpuShares,
      CPUSet: cgroups.cpuset,
      PidsLimit: cgroups.pidsLimit,
      OomKillDisable: cgroups.oomKillDisable,
      IPv4Forwarding: true,
      Debug: config.logLevel === 'debug',
      NFd: 0,
      NGoroutines: 0,
      SystemTime: formatTime(clock.nowNs()),
      LoggingDriver: config.logDriver,
      CgroupDriver: 'cgroupfs',
      CgroupVersion: String(cgroups.version),
      NEventsListener: 0,
      KernelVersion: machine.kernelVersion,
      OperatingSystem: machine.operatingSystem,
      OSVersion: machine.osVersion,
      OSType: 'linux',
      Architecture: machine.unameArchitecture,
      IndexServerAddress: 'https://index.docker.io/v1/',
      RegistryConfig: registryConfig(config),
      NCPU: machine.cpuCount,
      MemTotal: machine.memoryBytes,
      GenericResources: null,
      DockerRootDir: config.dataRoot,
      HttpProxy: withoutPassword(config.proxies.http),
      HttpsProxy: withoutPassword(config.proxies.https),
      NoProxy: config.proxies.none,
      Name: machine.hostname,
      Labels: config.labels,
      ExperimentalBuild: false,
      ServerVersion: ENGINE_VERSION,
      Runtimes: Object.fromEntries(
        runtimes.all().map(({ name, installedPath }) => [name, { path: installedPath }]),
      ),
      DefaultRuntime: runtimes.defaultName,
      Swarm: {
        NodeID: '',
        NodeAddr: '',
        LocalNodeState: 'inactive',
        ControlAvailable: false,
        Error: '',
        RemoteManagers: null,
      },
      LiveRestoreEnabled: true,
      Isolation: '',
      InitBinary: config.initPath || 'tini',
      SecurityOptions: ['name=seccomp,profile=builtin'],
      CDISpecDirs: [],
      Warnings: cgroups.warnings.length > 0 ? [...cgroups.warnings] : null,
    };
  }

  summary(): EngineSummary {
    const { machine, config, instance, cgroups } = this.facts;
    return {
      version: ENGINE_VERSION,
      apiVersion: `1.${API_VERSION}`,
      instance,
      cpus: machine.cpuCount,
      memoryBytes: machine.memoryBytes,
      dataRoot: config.dataRoot,
      warnings: [...cgroups.warnings],
    };
  }
}

function registryConfig(config: Config) {
  const mirrors = [...(config.registryMirrors['docker.io'] ?? [])];
  const hub = { Name: 'docker.io', Mirrors: mirrors, Secure: true, Official: true };
  const insecure = config.insecureRegistries.filter((name) => !name.includes('/'));
  const others = insecure.map((Name) => [
    Name,
    { Name, Mirrors: [], Secure: false, Official: false },
  ]);
  return {
    IndexConfigs: Object.fromEntries([['docker.io', hub], ...others]),
    InsecureRegistryCIDRs: [
      '127.0.0.0/8',
      '::1/128',
      ...config.insecureRegistries.filter((name) => name.includes('/')),
    ],
    Mirrors: mirrors,
  };
}

/** As `docker info` shows proxies. */
function withoutPassword(proxy: string): string {
  return proxy.replace(/\/\/[^@/]*@/, '//xxxxx:xxxxx@');
}

/** `crun version 1.8.1` → `1.8.1`. */
function numberIn(versionLine: string): string {
  return /\d[\w.+~-]*/.exec(versionLine)?.[0] ?? versionLine;
}
