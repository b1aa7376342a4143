/** Starting an engine takes root and the programs an engine needs. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.ts';
import { NativeEngineHost } from './native-engine-host.ts';

const FAKE_ENGINE = path.resolve(import.meta.dirname, '../../test/fixtures/fake-engine.ts');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'gantry-host-'));
});
afterEach(() => rm(folder, { recursive: true }));

function hostOf(...args: string[]): NativeEngineHost {
  return new NativeEngineHost({
    socketPath: path.join(folder, 'e.sock'),
    logPath: path.join(folder, 'engine.log'),
    command: [process.execPath, ...args],
  });
}

describe('starting the engine', () => {
  it('resolves once it answers, and its output is in the log', async () => {
    const pidFile = path.join(folder, 'pid');
    const socketPath = path.join(folder, 'e.sock');
    const host = hostOf(FAKE_ENGINE, `--socket=${socketPath}`, `--pidfile=${pidFile}`);
    await host.start(AbortSignal.timeout(20_000));
    try {
      expect(await host.locate(AbortSignal.timeout(5000))).toBe('answering');
      await eventually('its word in the log', async () => {
        const [line] = await host.logTail();
        return line === `a fake engine listens on ${socketPath}`;
      });
    } finally {
      process.kill(Number(await readFile(pidFile, 'utf8')), 'SIGKILL');
    }
  });

  it('fails at once when the engine ends, with the end of its log', async () => {
    const host = hostOf('-e', 'console.error("no space left"); process.exit(3)');
    await expect(host.start(AbortSignal.timeout(20_000))).rejects.toMatchObject({
      message: 'the engine ended at once with status 3',
      hint: 'engine-exited',
    });
    expect(await host.logTail()).toEqual(['no space left']);
  });
});
