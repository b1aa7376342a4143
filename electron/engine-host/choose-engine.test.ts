import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseEngine } from './choose-engine.ts';

let checkout: string;

beforeAll(async () => {
  checkout = await mkdtemp(path.join(tmpdir(), 'gantry-checkout-'));
  for (const name of ['node_modules/.bin/node', 'engine/main.ts']) {
    await mkdir(path.dirname(path.join(checkout, name)), { recursive: true });
    await writeFile(path.join(checkout, name), '');
  }
});
afterAll(() => rm(checkout, { recursive: true }));

describe('the choice of the engine', () => {
  it('is the default one, started from the sources of a checkout', async () => {
    expect(await chooseEngine(undefined, {}, checkout)).toEqual({
      socketPath: undefined,
      logPath: undefined,
      command: [
        path.join(checkout, 'node_modules/.bin/node'),
        path.join(checkout, 'engine/main.ts'),
      ],
    });
  });

  it('takes the flag before GANTRY_SOCKET before GANTRY_HOST', async () => {
    const all = { GANTRY_SOCKET: '/b.sock', GANTRY_HOST: 'unix:///c.sock' };
    expect((await chooseEngine('/a.sock', all, checkout)).socketPath).toBe('/a.sock');
    expect((await chooseEngine('', all, checkout)).socketPath).toBe('/b.sock');
    const host = { GANTRY_HOST: 'unix:///c.sock' };
    expect((await chooseEngine(undefined, host, checkout)).socketPath).toBe('/c.sock');
  });

  it('starts no engine of whose roots it knows nothing', async () => {
    expect((await chooseEngine('/a.sock', {}, checkout)).command).toBeUndefined();
    const told = { GANTRY_ENGINE_COMMAND: '["gantryd","--data-root","/srv"]' };
    expect((await chooseEngine('/a.sock', told, checkout)).command).toEqual([
      'gantryd',
      '--data-root',
      '/srv',
    ]);
  });
});
