/**
 * crun, with two things done in-process that it would take longer for.
 *
 * Start: `crun start` checks that the container exists, opens the fifo `exec.fifo` in its state
 * directory, unlinks it and writes one zero byte, which the container's first process waits for; then
 * it runs poststart hooks, of which the engine has none. These three steps here save a process, 3.4 ms.
 * The byte comes first here: a fifo that is still there after a crash tells that the process may wait,
 * and one that is gone that it does not. Where nobody reads the fifo, crun itself is asked.
 *
 * Seccomp: crun takes a compiled filter in an annotation, so it need not compile the profile for each
 * container (see host/seccomp-filter.ts), 11 ms. The profile that stays in the configuration forbids
 * everything: a crun that did not know the annotation would refuse, not run without a filter.
 * Sources: crun 1.8 `src/libcrun/status.c`, libcrun_status_write_exec_fifo, and `container.c`, container_init;
 * crun(1), "Annotations".
 */
import { closeSync, constants, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { RuntimeSpec } from '../../formats/runtime-spec.ts';
import type { OciSeccomp } from '../../formats/seccomp.ts';
import { errnoOf } from '../../host/errno.ts';
import { whileStopped } from '../../host/processes.ts';
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
    const fifo = this.fifoOf(containerId);
    if (!letGo(fifo)) return super.release(containerId);
    unlinkSync(fifo);
  }

  /**
   * An engine that died after opening the fifo and before writing leaves it at its end for the process,
   * which looks again and again. Opened anew it is empty instead, and crun gives up on an empty fifo: so it
   * must not look until the byte is there. That nobody reads says that the byte was there already.
   */
  override async finishRelease(containerId: string, pid: number): Promise<void> {
    const fifo = this.fifoOf(containerId);
    await whileStopped(pid, () => void letGo(fifo));
    unlinkSync(fifo);
  }

  private fifoOf(containerId: string): string {
    return join(this.stateRoot, containerId, 'exec.fifo');
  }
}

/** False when nobody reads there, or there is none. */
function letGo(fifo: string): boolean {
  let fd: number;
  try {
    // The reader is the container's first process: without it the open fails instead of waiting.
    fd = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENXIO') return false;
    throw error;
  }
  try {
    writeSync(fd, Buffer.of(0));
  } finally {
    closeSync(fd);
  }
  return true;
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
