/**
 * Files in which the kernel tells what is used: those of control groups (both versions), and of
 * `/proc`. Lines that make no sense are left out. Pure.
 * Sources: Documentation/admin-guide/cgroup-v1 and cgroup-v2; proc(5).
 */

/** A counter of one block device. */
export interface DeviceCount {
  readonly major: number;
  readonly minor: number;
  /** `Read`, `Write` … as v1 writes them, `read` and `write` on v2. */
  readonly operation: string;
  readonly value: number;
}

export interface InterfaceCounts {
  readonly receivedBytes: number;
  readonly receivedPackets: number;
  readonly receiveErrors: number;
  readonly receiveDrops: number;
  readonly sentBytes: number;
  readonly sentPackets: number;
  readonly sendErrors: number;
  readonly sendDrops: number;
}

/** `name value` lines: `memory.stat`, `cpu.stat`, `cpuacct.stat`, `memory.events`. */
export function parseNamedCounts(text: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of text.split('\n')) {
    const blankAt = line.indexOf(' ');
    const value = Number(line.slice(blankAt + 1));
    if (blankAt > 0 && !Number.isNaN(value)) counts[line.slice(0, blankAt)] = value;
  }
  return counts;
}

/** A file of one number; undefined for `max` (no limit) and for a file that is not there. */
export function parseCount(text: string): number | undefined {
  const trimmed = text.trim();
  return trimmed === '' || Number.isNaN(Number(trimmed)) ? undefined : Number(trimmed);
}

/** `cpuacct.usage_percpu`: one number for each processor. */
export function parseCountList(text: string): number[] {
  return text.split(/\s+/).filter(Boolean).map(Number);
}

/** v1 `blkio.throttle.*`: `8:0 Read 4096`, and a total of all devices that is left out. */
export function parseBlkioCounts(text: string): DeviceCount[] {
  return text.split('\n').flatMap((line) => {
    const [, major, minor, operation = '', value] = /^(\d+):(\d+) (\w+) (\d+)$/.exec(line) ?? [];
    if (value === undefined) return [];
    return [{ major: Number(major), minor: Number(minor), operation, value: Number(value) }];
  });
}

/** v2 `io.stat`: `8:0 rbytes=4096 wbytes=0 rios=1 …`; the bytes of each direction. */
export function parseIoStat(text: string): DeviceCount[] {
  return text.split('\n').flatMap((line) => {
    const [, major, minor, rest = ''] = /^(\d+):(\d+) (.*)$/.exec(line) ?? [];
    if (major === undefined) return [];
    const valueOf = (name: string) =>
      Number(new RegExp(`(?:^| )${name}=(\\d+)`).exec(rest)?.[1] ?? 0);
    const device = { major: Number(major), minor: Number(minor) };
    return [
      { ...device, operation: 'read', value: valueOf('rbytes') },
      { ...device, operation: 'write', value: valueOf('wbytes') },
    ];
  });
}

/** `/proc/<pid>/net/dev`, by interface. */
export function parseInterfaces(text: string): Map<string, InterfaceCounts> {
  const interfaces = new Map<string, InterfaceCounts>();
  for (const line of text.split('\n')) {
    const [, name, counts] = /^\s*(\S+):\s*(\d.*)$/.exec(line) ?? [];
    if (name === undefined || counts === undefined) continue;
    const fields = counts.trim().split(/\s+/).map(Number);
    const at = (index: number) => fields[index] ?? 0;
    interfaces.set(name, {
      receivedBytes: at(0),
      receivedPackets: at(1),
      receiveErrors: at(2),
      receiveDrops: at(3),
      sentBytes: at(8),
      sentPackets: at(9),
      sendErrors: at(10),
      sendDrops: at(11),
    });
  }
  return interfaces;
}

/** USER_HZ is 100 on every architecture that Node runs on. */
export const NS_PER_TICK = 10_000_000;

/**
 * `/proc/stat`: time of all processors together, and how many there are. user, nice, system, idle,
 * iowait, irq and softirq count, as in dockerd.
 */
export function parseProcessorTime(text: string): { totalNs: number; onlineCpus: number } {
  let ticks = 0;
  let onlineCpus = 0;
  for (const line of text.split('\n', 4096)) {
    if (line.startsWith('cpu ')) {
      for (const field of line.split(/\s+/).slice(1, 8)) ticks += Number(field);
    } else if (line.startsWith('cpu')) onlineCpus++;
    else break;
  }
  return { totalNs: ticks * NS_PER_TICK, onlineCpus };
}
