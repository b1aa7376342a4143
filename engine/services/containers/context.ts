/** What the verbs of this folder work with. Made once, by the composition root. */
import type { ContainerFiles } from '../../drivers/container-files.ts';
import type { LogStore } from '../../drivers/logs.ts';
import type { Monitor } from '../../drivers/monitor.ts';
import type { NetworkConfig, NetworkDriver } from '../../drivers/network.ts';
import type { RuntimeFiles } from '../../drivers/runtime-files.ts';
import type { Runtimes } from '../../drivers/runtime.ts';
import type { Snapshotter } from '../../drivers/snapshots.ts';
import type { Cgroups } from '../../host/cgroups.ts';
import type { Clock } from '../../host/clock.ts';
import type { Machine } from '../../host/machine.ts';
import type { EventBus } from '../events/event-bus.ts';
import type { ImageLookup, ImageMaker } from '../images/image.ts';
import type { VolumeService } from '../volumes/volume-service.ts';
import type { ContainerStore } from './container-store.ts';
import type { LiveContainer } from './live-container.ts';
import type { Standby } from './standby.ts';

/** Finds networks by mode; `resolve` throws `not-found`. */
export interface NetworkLookup {
  resolve(networkMode: string, options?: { ipv4Address?: string }): NetworkConfig;
}

/** What the engine may do on this machine, and the defaults its owner set. */
export interface ContainerSettings {
  /** Of this engine alone, from the root of the hierarchies: `/gantry-<tag>`. */
  readonly cgroupParent: string;
  /** What the engine itself may hand on. */
  readonly capabilities: readonly string[];
  /** The engine's own hard limits, by name (`nofile`); absent is unlimited. */
  readonly hardLimits: Readonly<Record<string, number>>;
  /** From `--default-ulimit`. */
  readonly defaultUlimits: readonly { Name: string; Soft: number; Hard: number }[];
  readonly defaultLogDriver: string;
  readonly defaultLogOptions: Readonly<Record<string, string>>;
  readonly defaultShmSizeBytes: number;
  /** Text of `--seccomp-profile`'s file; empty for the built-in one. */
  readonly seccompProfile: string;
  /** Static init programs to choose from, best first. */
  readonly initPaths: readonly string[];
  /** Masked beside the usual paths. */
  readonly extraMaskedPaths: readonly string[];
  readonly dns: readonly string[];
  readonly dnsSearch: readonly string[];
  readonly dnsOptions: readonly string[];
}

export interface ContainerContext {
  readonly store: ContainerStore;
  readonly standby: Standby;
  readonly images: ImageLookup & ImageMaker;
  readonly snapshotter: Snapshotter;
  readonly networks: NetworkLookup;
  readonly network: NetworkDriver;
  readonly volumes: VolumeService;
  readonly files: RuntimeFiles;
  readonly containerFiles: ContainerFiles;
  readonly runtimes: Runtimes;
  readonly monitor: Monitor;
  readonly logs: LogStore;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly machine: Machine;
  readonly cgroups: Cgroups;
  readonly settings: ContainerSettings;
  readonly warn: (message: string) => void;
  /** The container's whole log, framed as attach sends it. */
  readonly readLog: (
    container: LiveContainer,
    streams: { stdout: boolean; stderr: boolean },
  ) => AsyncIterable<Buffer>;
  /** Ids of execs that have not ended, as inspect shows them. */
  readonly execIdsOf: (containerId: string) => string[] | null;
  /** Aborted when the engine stops: nothing is started any more. */
  readonly closing: AbortSignal;
  /** Work that goes on after the reply: what fails there is logged. */
  readonly inBackground: (what: string, work: Promise<unknown>) => void;
}

/** The name or id in `container:<name>`; undefined for every other mode. */
export function containerOf(mode: string): string | undefined {
  return mode.startsWith('container:') ? mode.slice('container:'.length) : undefined;
}

export function canLowerOomScore({ capabilities }: ContainerSettings): boolean {
  return capabilities.includes('CAP_SYS_RESOURCE');
}

/** Docker's attributes: labels, image and name under those of the event itself. */
export function publish(
  context: Pick<ContainerContext, 'events'>,
  container: LiveContainer,
  action: string,
  attributes: Readonly<Record<string, string>> = {},
): void {
  context.events.publish({
    type: 'container',
    action,
    actorId: container.id,
    attributes: {
      ...container.config.Labels,
      image: container.config.Image,
      name: container.name,
      ...attributes,
    },
  });
}

/** Where the container's cgroup is, from the root of the hierarchies. */
export function cgroupsPathOf(
  context: Pick<ContainerContext, 'settings'>,
  container: LiveContainer,
) {
  const parent = container.hostConfig.CgroupParent || context.settings.cgroupParent;
  return `${parent.startsWith('/') ? '' : '/'}${parent}/${container.id}`;
}
