/** A container as the services around it (exec, logs, events, images) see it. */
import type { ContainerConfig, HostConfig } from '../../contract/containers.ts';

export interface ContainerView {
  /** 64 hex digits. */
  readonly id: string;
  /** Without slash. */
  readonly name: string;
  /** Resolved: the image's values merged under the request's. */
  readonly config: ContainerConfig;
  readonly hostConfig: HostConfig;
  readonly imageId: string;
  /** As typed at create. */
  readonly imageReference: string;
  readonly running: boolean;
  readonly paused: boolean;
  readonly restarting: boolean;
  /** Its run is over, and goes on record when the last of the output has been sent. */
  readonly isEnding: boolean;
  /** Pid of the container's init on the host while it runs, else 0. */
  readonly pid: number;
  /** The mounted rootfs while it runs. */
  readonly rootfsPath: string;
  /** Directory of the OCI bundle of the present or last run. */
  readonly bundlePath: string;
  /** conmon's k8s-file log; rotated files lie beside it as `<logPath>.1`, `.2` … (1 the newest). */
  readonly logPath: string;
}

export interface ContainerLookup {
  /** By name (with or without slash), id or unique prefix; `not-found` is `No such container: x`. */
  find(nameOrId: string): ContainerView;
  /** Resolves when the present run has ended (at once when it does not run), or the signal aborts. */
  waitForExit(id: string, signal?: AbortSignal): Promise<void>;
}
