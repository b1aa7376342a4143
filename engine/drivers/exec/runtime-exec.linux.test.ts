import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BareContainer } from '../../../test/support/bare-container.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { startChild } from '../../host/child.ts';
import type { ExecRequest } from '../exec.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-detached-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Starts a detached exec in a process of its own, which is killed once the program runs. */
async function startAndDie(container: BareContainer, script: string, hasTerminal: boolean) {
  const request: ExecRequest = {
    execId: 'e1',
    containerId: container.id,
    runtimeName: 'crun',
    bundlePath: container.bundlePath,
    args: ['/bin/sh', '-c', script],
    env: ['PATH=/bin'],
    workingDirectory: '/',
    user: undefined,
    isPrivileged: false,
    hasTerminal,
    consoleSize: undefined,
    streams: { stdin: false, stdout: true, stderr: true },
    isDetached: true,
  };
  const runtime = {
    name: 'crun',
    program: '/usr/bin/crun',
    globalArguments: ['--root', container.runtimeRoot],
    stateRoot: container.runtimeRoot,
  };
  const address = new URL('./runtime-exec.ts', import.meta.url).href;
  const program = `
    const { RuntimeExec } = await import(${JSON.stringify(address)});
    const runtime = ${JSON.stringify(runtime)};
    const options = { findRuntime: () => runtime, directory: ${JSON.stringify(join(folder, 'exec'))}, allCapabilities: [] };
    const exec = await new RuntimeExec(options).start(${JSON.stringify(request)});
    await exec.started();
    process.kill(process.pid, 'SIGKILL');`;
  const engine = startChild(process.execPath, ['--input-type=module', '-e', program], {
    stdin: 'null',
    stdout: 'null',
    stderr: 'null',
  });
  expect(await engine.exited).toBe(137);
}

describe('a detached exec', () => {
  it.each([
    ['without a terminal', false],
    ['with a terminal', true],
  ])('%s outlives the engine', async (_name, hasTerminal) => {
    await using container = await BareContainer.start({ folder, args: ['/bin/sleep', '1000'] });
    const script = 'sleep 0.4; head -c 200000 /dev/zero; tty >/tmp/said; echo done >/tmp/done';
    await startAndDie(container, script, hasTerminal);
    const file = (name: string) => join(container.bundlePath, 'rootfs/tmp', name);
    expect(existsSync(file('done'))).toBe(false);
    await eventually('the end of the program', () => existsSync(file('done')));
    expect(readFileSync(file('said'), 'utf8')).toMatch(hasTerminal ? /^\/dev\/pts/ : /not a tty/);
  });
});
