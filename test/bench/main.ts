/**
 * `npm run bench [-- --quick] [-- --only=pull]`: our engine, from the bundle as shipped, beside
 * Debian's dockerd on the same machine in the same run. Prints a Markdown table of medians.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildStale } from '../../scripts/bundle/targets.ts';
import { startContestants } from './contestants.ts';
import { measureDaemons, measureMonitors } from './memory.ts';
import { describeMachine, median, scaleTableOf, tableOf, type Row } from './report.ts';
import { IMAGE_WORKLOADS, listWorkload, loadWorkloads } from './image-workloads.ts';
import { measureScale, measureStats } from './scale.ts';
import type { Workload } from './workload.ts';
import { CONTAINER_WORKLOADS } from './workloads.ts';

/** dockerd takes minutes to start more. */
const SCALE = { docker: 100, gantry: 1_000 };

const { values: flags } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string', default: '' } },
});

await buildStale();
await using contestants = await startContestants();
const rows: Row[] = [];
const isWanted = (name: string) => name.includes(flags.only);
const withMemory = isWanted('memory');
if (withMemory) add(await measureDaemons(contestants, 'idle'));
for (const { docker } of [contestants.docker, contestants.gantry])
  await docker.ok('pull', '--quiet', 'busybox');
for (const workload of [...CONTAINER_WORKLOADS, ...IMAGE_WORKLOADS])
  if (isWanted(workload.name)) add(await measure(workload));
if (isWanted('load 250 MB')) {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-bench-'));
  try {
    for (const workload of await loadWorkloads(contestants, folder)) add(await measure(workload));
  } finally {
    await rm(folder, { recursive: true });
  }
}
if (withMemory) {
  add(await measureDaemons(contestants, 'after all this'));
  add(await measureMonitors(contestants, flags.quick ? 4 : 20));
}
if (isWanted('stats')) add(await measureStats(contestants, flags.quick ? 10 : 100));
const scale = isWanted('containers')
  ? await measureScale(contestants, flags.quick ? { docker: 10, gantry: 50 } : SCALE)
  : [];
if (isWanted('list images')) add(await measure(await listWorkload(contestants)));
console.log(`\n${await describeMachine(contestants)}\n\n${tableOf(rows)}`);
if (scale.length > 0) console.log(`\n${scaleTableOf(scale)}`);

/**
 * Rounds in which each engine has its turn, the first one alternating, so that a machine that slows
 * down or speeds up meanwhile does the same to both. One round before them is not counted.
 */
async function measure(workload: Workload): Promise<Row> {
  const { docker, gantry } = contestants;
  const rounds = flags.quick ? workload.quickRounds : workload.rounds;
  const took = { docker: [] as number[], gantry: [] as number[] };
  for (let round = -1; round < rounds; round++) {
    const order =
      round % 2 === 0 ? (['docker', 'gantry'] as const) : (['gantry', 'docker'] as const);
    for (const name of order) {
      const milliseconds = await workload.run(name === 'docker' ? docker : gantry);
      if (round >= 0) took[name].push(milliseconds);
    }
  }
  return {
    name: workload.name,
    unit: 'ms',
    docker: median(took.docker),
    gantry: median(took.gantry),
    ...(workload.bar !== undefined && { bar: `≥ ${workload.bar}×` }),
  };
}

function add(row: Row): void {
  rows.push(row);
  console.log(`${row.name}: ${row.docker.toFixed(1)} / ${row.gantry.toFixed(1)} ${row.unit}`);
}
