import { mkdtemp, readdir, readFile, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRotated } from './rotated-log.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'gantry-log-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(text: string): Promise<string> {
  const logPath = path.join(folder, 'logs/engine.log');
  await using log = await openRotated(logPath);
  await log.write(text);
  return logPath;
}

describe('the engine log', () => {
  it('goes on where it was', async () => {
    await write('one\n');
    expect(await readFile(await write('two\n'), 'utf8')).toBe('one\ntwo\n');
  });

  it('is moved aside once it is large, and only the newest are kept', async () => {
    for (let round = 0; round < 6; round++) await truncate(await write('x'), 11 << 20);
    const logPath = await write('new\n');
    expect((await stat(logPath)).size).toBe(4);
    expect((await readdir(path.dirname(logPath))).toSorted()).toEqual([
      'engine.log',
      'engine.log.1',
      'engine.log.2',
      'engine.log.3',
    ]);
  });
});
