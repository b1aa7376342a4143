/**
 * `npm run bench [-- --quick] [-- --only=pull]`: our engine, from the bundle as shipped, beside
 * Debian's dockerd on the same machine in the same run. Prints a Markdown table of medians.
 */
import { parseArgs } from 'node:util';
import { buildStale } from '../../scripts/bundle/targets.ts';
import { startContestants } from './contestants.ts';
import { measureDaemons, measureMonitors } from './memory.ts';
import { describeMachine, median, tableOf, type Row } from './report.ts';
import { WORKLOADS, type Workload } from './workloads.ts';

const { values: flags } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string', default: '' } },
});

await buildStale();
await using contestants = await startContestants();
const rows: Row[] = [];
const withMemory = 'memory'.includes(flags.only);
if (withMemory) add(await measureDaemons(contestants, 'idle'));
for (const { docker } of [contestants.docker, contestants.gantry])
  await docker.ok('pull', '--quiet', 'busybox');
for (const workload of WORKLOADS.filter(({ name }) => name.includes(flags.only)))
  add(await measure(workload));
if (withMemory) {
  add(await measureDaemons(contestants, 'after all this'));
  add(await measureMonitors(contestants, flags.quick ? 4 : 20));
}
console.log(`\n${await describeMachine(contestants)}\n\n${tableOf(rows)}`);

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
