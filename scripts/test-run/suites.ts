/** A vitest project run to its end, counted from its own report. */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../bundle/targets.ts';

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
}

/** The parts of vitest's JSON report (Jest's format) that are counted. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
}

export async function runSuite(project: string): Promise<Tally> {
  const started = performance.now();
  const reportPath = join(REPOSITORY, `test/output/${project}.json`);
  rmSync(reportPath, { force: true });
  const status = await runInherited(process.execPath, [
    join(REPOSITORY, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--reporter=${join(REPOSITORY, 'scripts/test-run/stall-reporter.ts')}`,
    `--outputFile.json=${reportPath}`,
  ]);
  const seconds = (performance.now() - started) / 1000;
  const report = readReport(reportPath);
  if (report === undefined) return { passed: 0, failed: 1, skipped: 0, seconds };
  // A file that cannot be loaded, or an error outside a test, has no failed test to its name.
  const failed = Math.max(report.numFailedTests, status === 0 ? 0 : 1);
  return { passed: report.numPassedTests, failed, skipped: report.numPendingTests, seconds };
}

/** Runs a program on this terminal; its exit status, 1 when a signal ended it. */
export function runInherited(program: string, args: readonly string[]): Promise<number> {
  const child = spawn(program, args, { cwd: REPOSITORY, stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve(status ?? 1));
  });
}

function readReport(path: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Report;
  } catch {
    return undefined; // vitest did not come that far
  }
}
