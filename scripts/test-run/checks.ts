/** What can be said of the code without running it: types, lint, format, dead code. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { REPOSITORY } from '../bundle/targets.ts';
import type { Tally } from './suites.ts';

const CHECKS = {
  types: ['tsc', '--noEmit'],
  lint: ['oxlint', '--type-aware', '--deny-warnings'],
  format: ['prettier', '--check', '--log-level', 'warn', '.'],
  'dead code': ['knip', '--no-progress'],
} as const;

/** Runs all of them at once; what a failing one wrote is shown. */
export async function runChecks(): Promise<Tally> {
  const started = performance.now();
  const outcomes = await Promise.all(
    Object.entries(CHECKS).map(async ([name, [program, ...args]]) => {
      const { status, output } = await run(program, args);
      console.log(`${status === 0 ? '✓' : '✗'} ${name} (${[program, ...args].join(' ')})`);
      if (status !== 0) console.log(output);
      return status === 0;
    }),
  );
  const passed = outcomes.filter(Boolean).length;
  const seconds = (performance.now() - started) / 1000;
  return { passed, failed: outcomes.length - passed, skipped: 0, seconds };
}

function run(
  program: string,
  args: readonly string[],
): Promise<{ status: number; output: string }> {
  const child = spawn(join(REPOSITORY, 'node_modules/.bin', program), args, {
    cwd: REPOSITORY,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) =>
      resolve({ status: status ?? 1, output: Buffer.concat(output).toString('utf8') }),
    );
  });
}
