/** Memory of the idle engine, and of what watches over each container. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { commandLine, processIds } from '../support/processes.ts';
import type { Contestant, Contestants } from './contestants.ts';
import { median, type Row } from './report.ts';

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

function daemonMegabytes(contestant: Contestant): number {
  return contestant
    .daemonPids()
    .reduce((total, pid) => total + megabytes(`/proc/${pid}/status`, 'VmRSS'), 0);
}

async function megabytesPerContainer(contestant: Contestant, count: number): Promise<number> {
  const ids: string[] = [];
  for (let number = 0; number < count; number++)
    ids.push(await contestant.docker.ok('run', '-d', 'busybox', 'sleep', '600'));
  const each = monitorPids(contestant.folder).map((pid) =>
    megabytes(`/proc/${pid}/smaps_rollup`, 'Pss'),
  );
  await contestant.docker.ok('rm', '-f', ...ids);
  if (each.length !== count) throw new Error(`${each.length} monitors for ${count} containers`);
  return median(each);
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
