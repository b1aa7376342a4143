/** Memory and processor time of the daemons, and of what watches over each container. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { commandLine, processIds } from '../support/processes.ts';
import type { Contestant, Contestants } from './contestants.ts';
import type { Row } from './report.ts';

/** Workers that were just busy end, and collectors of garbage finish, within this. */
const IDLE_MS = 15_000;
const MONITORS = /(^|\/)(conmon|containerd-shim\S*)$/;

/** The daemons as they are now, once they have come to rest. */
export async function measureDaemons({ docker, gantry }: Contestants, when: string): Promise<Row> {
  await pause(IDLE_MS);
  return {
    name: `memory of the daemon, ${when} (RSS)`,
    unit: 'MB',
    docker: daemonMegabytes(docker),
    gantry: daemonMegabytes(gantry),
    bar: '≤ 80 MB',
  };
}

export async function measureMonitors(
  { docker, gantry }: Contestants,
  containers: number,
): Promise<Row> {
  return {
    name: 'memory per container, its monitor (PSS)',
    unit: 'MB',
    docker: await megabytesPerContainer(docker, containers),
    gantry: await megabytesPerContainer(gantry, containers),
  };
}

/** RSS, now. */
export function daemonMegabytes(contestant: Contestant): number {
  return contestant
    .daemonPids()
    .reduce((total, pid) => total + megabytes(`/proc/${pid}/status`, 'VmRSS'), 0);
}

async function megabytesPerContainer(contestant: Contestant, count: number): Promise<number> {
  const ids: string[] = [];
  for (let number = 0; number < count; number++)
    ids.push(await contestant.docker.ok('run', '-d', 'busybox', 'sleep', '600'));
  const total = monitorMegabytes(contestant);
  await contestant.docker.ok('rm', '-f', ...ids);
  return total / count;
}

/** PSS of all monitors, now; ours may have one more, which waits for the next container. */
export function monitorMegabytes(contestant: Contestant): number {
  return monitorPids(contestant.folder).reduce(
    (total, pid) => total + megabytes(`/proc/${pid}/smaps_rollup`, 'Pss'),
    0,
  );
}

/** User and system time of the daemon since it was started. Source: proc(5), stat fields 14 and 15. */
export function cpuMilliseconds(contestant: Contestant): number {
  const TICK_MS = 10;
  return contestant.daemonPids().reduce((total, pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return total + (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  }, 0);
}

/** Processes of a monitor's program whose command line names the engine's folder. */
function monitorPids(folder: string): number[] {
  return processIds().filter((pid) => {
    const words = commandLine(pid);
    return MONITORS.test(words[0] ?? '') && words.some((word) => word.includes(`${folder}/`));
  });
}

function megabytes(path: string, field: string): number {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(path, 'utf8'));
  return Number(found?.[1] ?? 0) / 1024;
}
