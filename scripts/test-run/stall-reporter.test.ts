import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, it, vi } from 'vitest';
import StallReporter from './stall-reporter.ts';

afterEach(() => vi.restoreAllMocks());

it('ends a worker in which nothing happens, and names its file', async () => {
  const said = vi.spyOn(console, 'error').mockReturnValue();
  const worker = spawn('sleep', ['60']);
  const reporter = new StallReporter({ limitMs: 20 });
  reporter.onTestModuleQueued({ moduleId: 'held.test.ts' });
  expect(await once(worker, 'exit')).toEqual([null, 'SIGKILL']);
  reporter.onTestRunEnd();
  expect(said).toHaveBeenCalledWith(
    'no news for 0.02 s of held.test.ts since its beginning: ended',
  );
});
