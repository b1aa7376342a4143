/**
 * Thirty kills of the engine at moments nobody chose, under a mixed load (`test/storm`). The seed is
 * printed; `GANTRY_STORM_SEED=n` repeats its choices.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestEngine } from '../support/engine.ts';
import { startStormEngine } from '../storm/storm-engine.ts';
import { describeReport, storm } from '../storm/storm.ts';

const KILLS = 30;
const seed = Number(process.env['GANTRY_STORM_SEED'] ?? Date.now() % 1_000_000);

let engine: TestEngine;
beforeAll(async () => {
  engine = await startStormEngine();
});
afterAll(() => engine.close());

test(
  'an engine that is killed again and again loses nothing and leaves nothing',
  { timeout: 600_000 },
  async () => {
    const report = await storm(engine, { seed, kills: KILLS });
    process.stdout.write(`${describeReport(report)}\n`);
    expect(report.problems).toEqual([]);
  },
);
