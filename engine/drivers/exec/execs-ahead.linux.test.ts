/** With `cat` for the runtime: it waits for its file as crun does, and tells what was in it. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startChild, type Child } from '../../host/child.ts';
import { pathsOf } from './exec-paths.ts';
import { ExecsAhead } from './execs-ahead.ts';

const EXEC = 'e1';
let folder: string;
let ahead: ExecsAhead;
let runtime: Child;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-ahead-'));
  ahead = new ExecsAhead();
});
afterEach(async () => {
  await ahead.close();
  rmSync(folder, { recursive: true });
});

function prepare(): void {
  const paths = pathsOf(folder, EXEC);
  ahead.prepare({ execId: EXEC }, paths, () => {
    runtime = startChild('/bin/cat', [paths.process], {
      stdin: 'null',
      stdout: 'pipe',
      stderr: 'null',
    });
    return runtime;
  });
}

describe('a runtime that waits for its exec', () => {
  it('runs the program it is handed', async () => {
    prepare();
    const taken = await ahead.take(EXEC, 'the program');
    expect(taken).toBe(runtime);
    expect(await text(taken!.stdout!)).toBe('the program');
    expect(await runtime.exited).toBe(0);
  });

  it('ends when it is given up, and leaves nothing', async () => {
    prepare();
    await ahead.giveUp(EXEC);
    expect(existsSync(`/proc/${runtime.pid}`)).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is not taken once it is being given up, and its files are gone before another runs', async () => {
    prepare();
    const givenUp = ahead.giveUp(EXEC);
    expect(await ahead.take(EXEC, 'the program')).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
    await givenUp;
  });

  it('is not taken when something ended it', async () => {
    prepare();
    process.kill(runtime.pid, 'SIGKILL');
    await runtime.exited;
    expect(await ahead.take(EXEC, 'the program')).toBeUndefined();
  });

  it('is not started any more when the engine ends', async () => {
    prepare();
    await ahead.close();
    prepare();
    expect(existsSync(pathsOf(folder, EXEC).process)).toBe(false);
  });

  it('that cannot be handed its program ends, and that is told', async () => {
    prepare();
    rmSync(folder, { recursive: true });
    await expect(ahead.take(EXEC, 'the program')).rejects.toThrow('ENOENT');
    expect(await runtime.exited).not.toBe(0);
    folder = mkdtempSync(join(tmpdir(), 'gantry-ahead-'));
  });
});
