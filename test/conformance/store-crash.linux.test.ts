/**
 * The image store, when its engine is killed or its disk lies: nothing is left that no image needs,
 * what is damaged is found by `gantryd --check` and healed by the next pull.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { runCommand, type CommandResult } from '../support/command.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';
import type { PushedImage } from '../support/registry-storage.ts';

let engine: TestEngine;
let image: PushedImage;
beforeAll(async () => {
  engine = await startEngine();
  image = engine.registry.storage.pushImage('library/several', {
    layers: [1, 2, 3].map((number) => ({ compression: 'none', files: [noise(number)] })),
  });
});
afterAll(() => engine.close());
afterEach(async () => {
  if (!engine.isRunning) await engine.start(); // a test that failed in between
  const ids = await docker('images', '-aq', '--no-trunc');
  if (ids !== '') await docker('rmi', '-f', ...new Set(ids.split('\n')));
});

const docker = (...args: string[]): Promise<string> => engine.docker.ok(...args);

/** 4 MiB that take some time to move, in a few files. */
function noise(seed: number) {
  const content = Buffer.alloc(4 << 20);
  for (let at = 0; at < content.length; at += 4)
    content.writeUInt32LE((at * 2_654_435_761 + seed) >>> 0, at);
  return { name: `noise-${seed}`, content };
}

const folder = (...parts: string[]): string[] => {
  const path = join(engine.dataRoot, ...parts);
  return existsSync(path) ? readdirSync(path) : [];
};
const layers = () => folder('snapshots/layers').filter((name) => name !== 'empty');
const blobs = () => folder('content/blobs/sha256');

/** `gantryd --check` on the engine's roots. */
function check(): Promise<CommandResult> {
  const [program, args] = engine.namespace.command(
    process.execPath,
    ...['engine/main.ts', '--check', '--data-root', engine.dataRoot],
    ...['--exec-root', engine.execRoot, '--pidfile', join(engine.folder, 'check.pid')],
  );
  return runCommand(program, args);
}

/** What is on disk is what the images need, no more and no less. */
async function expectNothingLeft(): Promise<void> {
  const ids = new Set((await docker('images', '-aq', '--no-trunc')).split('\n').filter(Boolean));
  const isHere = ids.size > 0;
  expect(layers()).toHaveLength(isHere ? 3 : 0);
  // Three layers, the configuration, and a manifest if it was pulled.
  const documents = blobs().length - (isHere ? 3 : 0);
  expect(isHere ? [1, 2] : [0]).toContain(documents);
  expect(await checkRunning()).toMatchObject({ kind: 'done', problems: 0 });
}

/** The last line of the engine's check of itself. */
async function checkRunning(): Promise<object> {
  const { text } = await engine.request('/gantry/check', { method: 'POST' });
  return JSON.parse(text.trim().split('\n').at(-1) ?? '') as object;
}

describe('an engine killed', () => {
  test('while it pulls leaves nothing but what the next pull goes on from', async () => {
    const pull = engine.docker.start(['pull', 'several']);
    await pull.outputMatching(/Pulling fs layer/);
    await engine.kill9();
    await pull.result;
    await engine.start();
    await expectNothingLeft();
    await docker('pull', '--quiet', 'several');
    expect(folder('content/ingest')).toEqual([]);
    await expectNothingLeft();
  });

  test.each([
    ['removes', ['rmi', 'several']],
    ['prunes', ['image', 'prune', '-a', '-f']],
  ])('while it %s has the image or has it not', async (_, how) => {
    await docker('pull', '--quiet', 'several');
    const removal = engine.docker.start(how);
    await engine.kill9();
    await removal.result;
    await engine.start();
    await expectNothingLeft();
  });

  test('while it loads leaves nothing', async () => {
    await docker('pull', '--quiet', 'several');
    const archive = join(engine.folder, 'several.tar');
    await docker('save', '-o', archive, 'several');
    await docker('rmi', 'several');
    const bytes = readFileSync(archive);
    rmSync(archive);
    const load = engine.docker.start(['load']);
    load.child.stdin?.write(bytes.subarray(0, bytes.length >> 1));
    await eventually('the first files arrive', () => folder('content/ingest').length > 0);
    await engine.kill9();
    load.end();
    await load.result;
    await engine.start();
    // Files of an archive cannot be gone on with, unlike those of a pull.
    expect(folder('content/ingest').filter((it) => it.startsWith('unknown'))).toEqual([]);
    await expectNothingLeft();
  });
});

describe('gantryd --check', () => {
  test('refuses the data of an engine that runs, which checks itself', async () => {
    const { code, stderr } = await check();
    expect([code, stderr]).toEqual([1, expect.stringContaining('another engine is using')]);
    await docker('pull', '--quiet', 'several');
    expect(await checkRunning()).toMatchObject({ kind: 'done', layers: 3, problems: 0 });
  });

  test('names a flipped byte, and the next pull heals it', async () => {
    await docker('pull', '--quiet', 'several');
    await engine.stop();
    const digest = image.layers[1]?.digest ?? '';
    const path = join(engine.dataRoot, 'content/blobs/sha256', digest.slice(7));
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    const found = await check();
    expect(found.code).toBe(1);
    expect(found.stdout).toContain(`blob ${digest} holds sha256:`);
    expect(found.stdout).toContain('pull the image again (several:latest)');
    await engine.start();
    const save = await engine.docker.run(['save', '-o', `${engine.folder}/x.tar`, 'several']);
    expect(save.code).not.toBe(0);
    await docker('pull', '--quiet', 'several');
    expect(await checkRunning()).toMatchObject({ kind: 'done', problems: 0 });
  });

  test('ends with 0 when nothing is wrong', async () => {
    await docker('pull', '--quiet', 'several');
    await engine.stop();
    expect(await check()).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('3 layers checked: 0 problems, 0 leftovers'),
    });
    await engine.start();
  });

  test('says that there is nothing to check where no engine has been', async () => {
    const nowhere = join(engine.folder, 'nowhere');
    const { code, stderr } = await runCommand(process.execPath, [
      ...['engine/main.ts', '--check', '--data-root', nowhere, '--exec-root', nowhere],
    ]);
    expect([code, stderr]).toEqual([1, `gantryd: there is no engine's data in ${nowhere}\n`]);
    expect(existsSync(nowhere)).toBe(false);
  });
});
