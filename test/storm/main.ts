/**
 * `node test/storm/main.ts [--kills=300] [--seed=1]`: a long storm (see storm.ts). Prints the seed and
 * what was done; ends with 1, and the engine's log, when something was not as it should be. As root.
 */
import { parseArgs } from 'node:util';
import { startStormEngine } from './storm-engine.ts';
import { describeReport, storm } from './storm.ts';

const { values: flags } = parseArgs({
  options: {
    kills: { type: 'string', default: '300' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});

const say = (line: string) => void process.stdout.write(`${line}\n`);

await using engine = await startStormEngine();
say(`seed ${flags.seed}`);
const report = await storm(engine, {
  seed: Number(flags.seed),
  kills: Number(flags.kills),
  tell: say,
});
say(describeReport(report));
if (report.problems.length > 0) {
  say(engine.log.slice(-20_000));
  process.exitCode = 1;
}
