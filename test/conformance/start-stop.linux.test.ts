/** `npm start` and `npm stop` on a machine without a display, with roots of the test's own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { flags, RunningCommand, runCommand } from '../support/command.ts';
import { EngineTraces } from '../support/engine-traces.ts';
import { NetworkNamespace } from '../support/network-namespace.ts';
import { httpOverUnix } from '../support/unix-http.ts';

const SCRIPTS = fileURLToPath(new URL('../../scripts/', import.meta.url));

let namespace: NetworkNamespace;
let folder: string;
beforeAll(async () => {
  namespace = await NetworkNamespace.create();
  folder = mkdtempSync(join(tmpdir(), 'gantry-'));
});
afterAll(async () => {
  await stop();
  await new EngineTraces(folder, namespace).removeAll();
  await namespace.close();
  rmSync(folder, { recursive: true });
});

function start(): RunningCommand {
  const { DISPLAY: _, WAYLAND_DISPLAY: __, ...environment } = process.env;
  const roots = flags({
    '--host': `unix://${folder}/g.sock`,
    '--data-root': join(folder, 'data'),
    '--exec-root': join(folder, 'run'),
    '--pidfile': join(folder, 'engine.pid'),
  });
  return new RunningCommand(
    ...namespace.command(process.execPath, join(SCRIPTS, 'start.mjs'), ...roots),
    {
      env: { ...environment, GANTRY_USER_DATA: join(folder, 'settings') },
    },
  );
}

const stop = () =>
  runCommand(process.execPath, [
    join(SCRIPTS, 'stop.mjs'),
    ...flags({ '--pidfile': join(folder, 'engine.pid') }),
  ]);

const isUp = () =>
  httpOverUnix(`${folder}/g.sock`, '/_ping').then(
    ({ status }) => status === 200,
    () => false,
  );

test('npm start brings up the engine, and serves the window by a link', async () => {
  const host = start();
  await host.outputMatching(/engine listens at/, 60_000);
  const [link] = await host.outputMatching(/http:\/\/127\.0\.0\.1:\d+\/\S*/);
  const page = await namespace.run('curl', '-sSL', '--cookie-jar', '-', link);
  expect(page).toContain('<title>Gantry</title>');
  host.kill('SIGINT');
  await host.result;
});

test('the engine outlives the window, and the next npm start finds it', async () => {
  expect(await isUp()).toBe(true);
  const host = start();
  await host.outputMatching(/engine is running at/);
  await host.outputMatching(/http:\/\/127\.0\.0\.1:\d+/);
  host.kill('SIGINT');
  await host.result;
});

test('npm stop ends the engine, and has nothing to do the second time', async () => {
  expect(await stop()).toMatchObject({ code: 0, stdout: expect.stringContaining('has ended') });
  expect(await isUp()).toBe(false);
  expect(await stop()).toMatchObject({ code: 0, stdout: expect.stringContaining('not running') });
});
