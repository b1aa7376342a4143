/**
 * Runs the checks and test suites, all or those named (`check unit linux e2e`), and ends with one plain
 * line, `N passed, N failed`. Each check counts as a test. What a machine cannot run is left out and
 * said so.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildStale, REPOSITORY } from '../bundle/targets.ts';
import { runChecks } from './checks.ts';
import { runSuite, type Tally } from './suites.ts';

const SUITES = ['check', 'unit', 'linux', 'e2e'] as const;
type Suite = (typeof SUITES)[number];

const named = process.argv.slice(2);
const unknown = named.filter((name) => !SUITES.some((suite) => suite === name));
if (unknown.length > 0) {
  console.error(`no such suite: ${unknown.join(', ')}; there are ${SUITES.join(', ')}`);
  process.exit(2);
}

mkdirSync(join(REPOSITORY, 'test/output'), { recursive: true });
const results = new Map<Suite, Tally>();
const leftOut: string[] = [];
for (const suite of SUITES) {
  if (named.length > 0 && !named.includes(suite)) continue;
  const obstacle = obstacleTo(suite);
  if (obstacle === undefined) results.set(suite, await run(suite));
  else leftOut.push(`${suite}: left out, ${obstacle}`);
}
report();

async function run(suite: Suite): Promise<Tally> {
  console.log(`\n── ${suite} ──`);
  if (suite === 'check') return runChecks();
  if (suite !== 'unit') {
    // The kernel tests start the bundle once, the window tests all the time.
    try {
      await buildStale();
    } catch (error) {
      console.error(error);
      return { passed: 0, failed: 1, skipped: 0, seconds: 0 };
    }
  }
  return runSuite(suite);
}

function obstacleTo(suite: Suite): string | undefined {
  if (suite === 'check' || suite === 'unit') return undefined;
  if (process.platform !== 'linux') return 'it needs Linux';
  if (process.getuid?.() !== 0) return 'it starts real containers and needs root';
  return undefined;
}

function report(): void {
  console.log('\n── summary ──');
  const total = { passed: 0, failed: 0 };
  for (const [suite, { passed, failed, skipped, seconds }] of results) {
    const rest = skipped > 0 ? `, ${skipped} skipped` : '';
    console.log(`${suite}: ${passed} passed, ${failed} failed${rest}, ${seconds.toFixed(0)} s`);
    total.passed += passed;
    total.failed += failed;
  }
  for (const line of leftOut) console.log(line);
  console.log(`${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed > 0 ? 1 : 0;
}
