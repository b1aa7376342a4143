/**
 * The OCI runtime: the program that makes a container's namespaces and cgroup. Creating goes through
 * the monitor (see monitor.ts), which runs the runtime as its child; the rest is here.
 */
import type { OciResources } from '../formats/runtime-spec-resources.ts';
import type { RuntimeSpec } from '../formats/runtime-spec.ts';

export interface Runtime {
  /** `crun`, `runc`, or a name from `--add-runtime`. */
  readonly name: string;
  /** Absolute path of the program to run. */
  readonly program: string;
  /** Where it is installed, as people know it. */
  readonly installedPath: string;
  /** First line of what it says of its version. */
  readonly version: string;
  /** Options that go before the runtime's command, `--root` and its like. */
  readonly globalArguments: readonly string[];
  /** Absolute path of the directory where it keeps the state of containers, one directory each. */
  readonly stateRoot: string;

  /** The text of `config.json`, in the form this runtime is quickest with. */
  configText(spec: RuntimeSpec): string;

  /** True until the `release` of a created container is done. */
  isWaiting(containerId: string): boolean;

  /** Lets the program of a created container run. Rejects when the container is gone. */
  release(containerId: string): Promise<void>;

  /** `release`, where an engine that died may have begun it. `pid`: of the container's first process. */
  finishRelease(containerId: string, pid: number): Promise<void>;

  /**
   * Removes everything that is left of a container: runtime state and cgroup, and every process in
   * it. Absent is no error. Fast when the container has ended by itself.
   */
  remove(containerId: string, cgroupsPath: string): Promise<void>;

  /** Freezes and thaws. */
  pause(containerId: string): Promise<void>;
  resume(containerId: string): Promise<void>;

  /** True while its processes are frozen, or about to be. */
  isPaused(cgroupsPath: string): boolean;

  /** Changes limits of a running container. */
  update(containerId: string, resources: OciResources): Promise<void>;

  /** Names of the cgroups below a parent. */
  cgroupsBelow(cgroupsPath: string): string[];

  /** Removes a parent cgroup that has no container any more; false while it has. */
  removeParent(cgroupsPath: string): boolean;

  /** Pids of its processes, on the host. */
  processesOf(cgroupsPath: string): number[];

  /** Containers it has state of, for the sweep at start. */
  list(): string[];
}

export interface Runtimes {
  /** Takes back what was set up on the machine. Containers go on. */
  close(): void;
  /** The one asked for, or the default for ''. Throws `invalid-argument` for an unknown name. */
  find(name: string): Runtime;
  /** Every runtime there is, by name. */
  all(): readonly Runtime[];
  readonly defaultName: string;
}
