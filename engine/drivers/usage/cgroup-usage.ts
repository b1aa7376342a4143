/** `UsageReader` by the files of control groups, either version, and of /proc. */
import { parseInterfaces, parseProcessorTime } from '../../formats/usage-files.ts';
import type { Cgroups } from '../../host/cgroups.ts';
import type { ProcessorTime, Usage, UsagePlace, UsageReader } from '../usage.ts';
import { readV1 } from './cgroup-v1.ts';
import { readV2 } from './cgroup-v2.ts';
import { readSmallFile } from './small-files.ts';

/** The kernel takes long to print it, and a time this old is exact enough for a share of a second. */
const PROCESSOR_TIME_KEPT_MS = 5;

export class CgroupUsage implements UsageReader {
  private processorTimeKept = { atMs: -Infinity, value: { totalNs: 0, onlineCpus: 0 } };
  private readonly cgroups: Pick<Cgroups, 'version' | 'root' | 'mountpoints'>;
  private readonly procRoot: string;

  constructor(
    cgroups: Pick<Cgroups, 'version' | 'root' | 'mountpoints'>,
    procRoot: string = '/proc',
  ) {
    this.cgroups = cgroups;
    this.procRoot = procRoot;
  }

  processorTime(): ProcessorTime {
    const nowMs = performance.now();
    if (nowMs - this.processorTimeKept.atMs > PROCESSOR_TIME_KEPT_MS) {
      const value = parseProcessorTime(readSmallFile(`${this.procRoot}/stat`) ?? '');
      this.processorTimeKept = { atMs: nowMs, value };
    }
    return this.processorTimeKept.value;
  }

  usageOf({ cgroupsPath, pid }: UsagePlace): Usage | undefined {
    const { version, root, mountpoints } = this.cgroups;
    const usage =
      version === 2
        ? readV2(root + cgroupsPath)
        : readV1((controller) => {
            const mountpoint = mountpoints.get(controller);
            return mountpoint === undefined ? undefined : mountpoint + cgroupsPath;
          });
    if (usage === undefined) return undefined;
    const interfaces = parseInterfaces(readSmallFile(`${this.procRoot}/${pid}/net/dev`) ?? '');
    return { ...usage, interfaces };
  }
}
