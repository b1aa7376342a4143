/** The engine as it is shipped: the bundle, on a plain Node, away from the repository's packages. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startEngine } from '../support/engine.ts';

test('the bundle pulls, runs and logs from a folder with nothing else in it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-bundle-'));
  cpSync(fileURLToPath(new URL('../../build/engine', import.meta.url)), folder, {
    recursive: true,
  });
  try {
    await using engine = await startEngine({ program: join(folder, 'gantryd.cjs') });
    const { docker } = engine;
    expect(await docker.ok('run', '--name', 'one', 'busybox', 'echo', 'from the bundle')).toBe(
      'from the bundle',
    );
    expect(await docker.ok('logs', 'one')).toBe('from the bundle');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
