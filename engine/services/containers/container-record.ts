/**
 * What is remembered of a container. Two records: the *definition*, written once and changed by
 * rename and update; the *state*, written with every start and end. Either is small JSON.
 */
import type { ContainerConfig, HostConfig } from '../../contract/containers.ts';
import type { MonitoredProcess } from '../../drivers/monitor.ts';
import type { Sandbox, SandboxRequest } from '../../drivers/network.ts';
import type { Digest } from '../../formats/digest.ts';
import type { MountSpec } from '../../formats/mount-spec.ts';
import type { HealthRecord } from '../health/health-record.ts';

/** A mount with its place on the host. */
export interface ResolvedMount extends MountSpec {
  /** Name of the volume, or empty. */
  readonly volumeName: string;
  /** Host path of a bind's source or of a volume's data; empty for a tmpfs and for an image. */
  readonly hostPath: string;
  /** The image that is mounted, whatever its name comes to mean. Layers lowest first. */
  readonly image?: { readonly id: Digest; readonly layers: readonly Digest[] };
}

/** What the create request says about the container's place in its network. */
export interface EndpointWish {
  readonly macAddress: string;
  readonly ipv4Address: string;
  readonly aliases: readonly string[];
}

export interface ContainerDefinition {
  readonly id: string;
  /** Without slash. */
  readonly name: string;
  /** RFC 3339. */
  readonly createdAt: string;
  /** The image's values merged under the request's. */
  readonly config: ContainerConfig;
  /** Defaults filled in. */
  readonly hostConfig: HostConfig;
  readonly imageId: Digest;
  /** As typed. */
  readonly imageReference: string;
  /** Diff IDs, lowest first: the rootfs does not change when a tag moves. */
  readonly layers: readonly Digest[];
  readonly mounts: readonly ResolvedMount[];
  readonly endpoint: EndpointWish;
  /** Program and arguments. */
  readonly command: readonly string[];
  /** Of `--link`, on the default bridge. */
  readonly links?: readonly { readonly containerId: string; readonly alias: string }[];
}

/** The network of the present run, as an engine that restarts needs it. */
export interface RunNetwork {
  readonly request: SandboxRequest;
  readonly sandbox: Omit<Sandbox, 'reservedSockets'>;
}

export type ContainerStatus =
  'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';

export interface ContainerState {
  readonly status: ContainerStatus;
  /** While it runs. */
  readonly process?: MonitoredProcess | undefined;
  readonly network?: RunNetwork | undefined;
  readonly rootfsPath?: string | undefined;
  /** The runtime of the present or last run. */
  readonly runtime?: string | undefined;
  /** Of the boot it was last started in. */
  readonly bootId: string;
  /** RFC 3339; empty when it never happened. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly exitCode: number;
  readonly error: string;
  readonly wasOomKilled: boolean;
  readonly restartCount: number;
  /** It is paused, but only while its layer is read. */
  readonly isFrozenForCommit?: boolean;
  /** A person stopped it: no restart policy brings it back before the next start. */
  readonly stoppedByUser: boolean;
  /** Its removal has begun; the volumes the engine named go with it or not. */
  readonly removal?: { readonly removeVolumes: boolean } | undefined;
  /** Of a container whose health was ever probed. */
  readonly health?: HealthRecord | undefined;
}

export const NEW_STATE: ContainerState = {
  status: 'created',
  bootId: '',
  startedAt: '',
  finishedAt: '',
  exitCode: 0,
  error: '',
  wasOomKilled: false,
  restartCount: 0,
  stoppedByUser: false,
};
