/**
 * Ends a test file in which nothing happens any more. A worker that spins, or that a system call holds, fires no
 * timer: vitest's own timeouts do not end it, and the run would wait for ever. The end of the worker fails its
 * file, and the run goes on with the next one.
 */
import type { Reporter, TestCase, TestModule } from 'vitest/node';
import { signalProcess } from '../../engine/host/processes.ts';
import { childrenOf } from '../../test/support/processes.ts';

/** Longer than any test may take by its own timeout. */
const LIMIT_MS = 12 * 60_000;

export default class StallReporter implements Reporter {
  /** What was last heard of each file that runs; news of tests comes late and not from a held worker. */
  private readonly running = new Map<string, string>();
  private readonly limitMs: number;
  private timer: NodeJS.Timeout | undefined;

  constructor({ limitMs = LIMIT_MS }: { readonly limitMs?: number } = {}) {
    this.limitMs = limitMs;
  }

  /** It is about to be loaded, which may hold it too. */
  onTestModuleQueued({ moduleId }: Pick<TestModule, 'moduleId'>): void {
    this.running.set(moduleId, 'its beginning');
    this.wait();
  }

  onTestCaseReady({ module, fullName }: Pick<TestCase, 'module' | 'fullName'>): void {
    this.running.set(module.moduleId, fullName);
    this.wait();
  }

  onTestCaseResult(): void {
    this.wait();
  }

  onTestModuleEnd({ moduleId }: Pick<TestModule, 'moduleId'>): void {
    this.running.delete(moduleId);
    this.wait();
  }

  onTestRunEnd(): void {
    clearTimeout(this.timer);
  }

  private wait(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.end(), this.limitMs);
    this.timer.unref();
  }

  private end(): void {
    for (const [file, test] of this.running)
      console.error(`no news for ${this.limitMs / 1000} s of ${file} since ${test}: ended`);
    this.running.clear();
    for (const worker of childrenOf(new Set([process.pid]))) signalProcess(worker, 'SIGKILL');
    this.wait();
  }
}
