/** What the engine itself may do, and so may hand on. Sources: proc(5), capabilities(7), getrlimit(2). */
import { existsSync, readFileSync } from 'node:fs';
import { capabilitiesOfMask } from '../formats/capabilities.ts';

export interface Privileges {
  /** Its bounding set. */
  readonly capabilities: readonly string[];
  /** Its hard limits by the name `--ulimit` uses; those that are unlimited are left out. */
  readonly hardLimits: Readonly<Record<string, number>>;
}

const LIMIT_NAMES: Readonly<Record<string, string>> = {
  'Max cpu time': 'cpu',
  'Max file size': 'fsize',
  'Max data size': 'data',
  'Max stack size': 'stack',
  'Max core file size': 'core',
  'Max resident set': 'rss',
  'Max processes': 'nproc',
  'Max open files': 'nofile',
  'Max locked memory': 'memlock',
  'Max address space': 'as',
  'Max file locks': 'locks',
  'Max pending signals': 'sigpending',
  'Max msgqueue size': 'msgqueue',
  'Max nice priority': 'nice',
  'Max realtime priority': 'rtprio',
  'Max realtime timeout': 'rttime',
};

export function readPrivileges(): Privileges {
  const status = readFileSync('/proc/self/status', 'latin1');
  const mask = /^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  const hardLimits: Record<string, number> = {};
  // With CAP_SYS_RESOURCE hard limits can be raised, so they bind nobody.
  const capabilities = capabilitiesOfMask(mask);
  if (!capabilities.includes('CAP_SYS_RESOURCE'))
    for (const line of readFileSync('/proc/self/limits', 'latin1').split('\n')) {
      const [, title = '', hard = ''] = /^(\S.*?)\s{2,}\S+\s+(\d+)/.exec(line) ?? [];
      const name = LIMIT_NAMES[title];
      if (name !== undefined) hardLimits[name] = Number(hard);
    }
  return { capabilities, hardLimits };
}

/** Readings of the processor that tell containers of each other. Source: GHSA-6fw5-f8r9-fgfm. */
export function thermalPaths(cpuCount: number): string[] {
  return Array.from(
    { length: cpuCount },
    (_, cpu) => `/sys/devices/system/cpu/cpu${cpu}/thermal_throttle`,
  ).filter((path) => existsSync(path));
}
