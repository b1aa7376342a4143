/**
 * crun, with two things done in-process that it would take longer for.
 *
 * Start: `crun start` checks that the container exists, opens the fifo `exec.fifo` in its state
 * directory, unlinks it and writes one zero byte, which the container's first process waits for; then
 * it runs poststart hooks, of which the engine has none. These three steps here save a process, 3.4 ms.
 * The byte comes first here: a fifo that is still there after a crash tells that the process may wait,
 * and one that is gone that it does not. Where the fifo is not as expected, crun itself is asked.
 *
 * Seccomp: crun takes a compiled filter in an annotation, so it need not compile the profile for each
 * container (see host/seccomp-filter.ts), 11 ms. The profile that stays in the configuration forbids
 * everything: a crun that did not know the annotation would refuse, not run without a filter.
 * Sources: crun 1.8 `src/libcrun/status.c`, libcrun_status_write_exec_fifo; crun(1), "Annotations".
 */
import { closeSync, constants, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { RuntimeSpec } from '../../formats/runtime-spec.ts';
import type { OciSeccomp } from '../../formats/seccomp.ts';
import { errnoOf } from '../../host/errno.ts';
import { startTimeOf } from '../../host/processes.ts';
import { compileSeccomp } from '../../host/seccomp-filter.ts';
import { OciRuntime } from './oci-runtime.ts';

const FILTER_ANNOTATION = 'run.oci.seccomp_bpf_data';
/** Profiles differ by capabilities; an engine sees a handful. */
const FILTERS_MAX = 32;

export class Crun extends OciRuntime {
  /** Compiled filters in base64 by the JSON of their profile; undefined for one not to be compiled. */
  private readonly filters = new Map<string, string | undefined>();
  private takesFilter: boolean | undefined;

  override configText(spec: RuntimeSpec): string {
    const { seccomp } = spec.linux;
    const filter = seccomp && this.filterOf(seccomp);
    if (filter === undefined) return super.configText(spec);
    return super.configText({
      ...spec,
      annotations: { ...spec.annotations, [FILTER_ANNOTATION]: filter },
      linux: {
        ...spec.linux,
        seccomp: { ...NOTHING_ALLOWED, ...(seccomp?.flags && { flags: seccomp.flags }) },
      },
    });
  }

  private filterOf(profile: OciSeccomp): string | undefined {
    this.takesFilter ??= readFileSync(this.program).includes(FILTER_ANNOTATION);
    if (!this.takesFilter) return undefined;
    const key = JSON.stringify(profile);
    if (!this.filters.has(key)) {
      if (this.filters.size >= FILTERS_MAX) this.filters.clear();
      this.filters.set(key, compile(profile));
    }
    return this.filters.get(key);
  }

  override async release(containerId: string): Promise<void> {
    const path = join(this.stateRoot, containerId, 'exec.fifo');
    let fd: number;
    try {
      // The reader is the container's first process: without it the open fails instead of waiting.
      fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      const errno = errnoOf(error);
      // Nobody reads: it was told by an engine that died right after, or it is dead.
      if (errno === 'ENXIO' && this.isAlive(containerId)) return unlinkSync(path);
      if (errno === 'ENOENT' || errno === 'ENXIO') return super.release(containerId);
      throw error;
    }
    try {
      writeSync(fd, Buffer.of(0));
      unlinkSync(path);
    } finally {
      closeSync(fd);
    }
  }

  /** Its first process, by crun's own record of it. */
  private isAlive(containerId: string): boolean {
    const status = readFileSync(join(this.stateRoot, containerId, 'status'), 'utf8');
    const { pid, 'process-start-time': startTime } = JSON.parse(status) as CrunStatus;
    return startTimeOf(pid) === String(startTime);
  }
}

/** What is read of a container's `status`. Source: crun `src/libcrun/status.c`, libcrun_write_container_status. */
interface CrunStatus {
  readonly pid: number;
  /** In clock ticks since boot, as in /proc/[pid]/stat. */
  readonly 'process-start-time': number;
}

const NOTHING_ALLOWED: OciSeccomp = {
  defaultAction: 'SCMP_ACT_ERRNO',
  architectures: [],
  syscalls: [],
};

/** What this library cannot compile, an unknown name or a newer action, the runtime gets to judge. */
function compile(profile: OciSeccomp): string | undefined {
  try {
    return compileSeccomp(profile).toString('base64');
  } catch {
    return undefined;
  }
}
