/** @devcontainers/cli, which is what VS Code and others start development containers with. */
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand, type CommandResult } from '../../support/command.ts';
import { startSubject, type Subject } from '../subject.ts';

const CLI = fileURLToPath(
  new URL('../../../node_modules/@devcontainers/cli/devcontainer.js', import.meta.url),
);

let subject: Subject;
let workspace: string;
/** Where the CLI leaves what it writes beside the workspace. */
let temporary: string;
beforeAll(async () => {
  subject = await startSubject();
  workspace = mkdtempSync(join(tmpdir(), 'gantry-workspace-'));
  temporary = mkdtempSync(join(tmpdir(), 'gantry-temporary-'));
  mkdirSync(join(workspace, '.devcontainer'));
  writeFileSync(
    join(workspace, '.devcontainer/devcontainer.json'),
    JSON.stringify({
      name: 'bench',
      image: 'busybox',
      containerEnv: { COLOUR: 'green' },
      remoteEnv: { SHAPE: 'round' },
      postCreateCommand: 'echo created > /created',
      runArgs: ['--label', 'kind=development'],
    }),
  );
  writeFileSync(join(workspace, 'source.txt'), 'from the workspace\n');
});
afterAll(async () => {
  for (const folder of [workspace, temporary]) rmSync(folder, { recursive: true, force: true });
  await subject.close();
});

function devcontainer(...args: string[]): Promise<CommandResult> {
  const [verb = '', ...rest] = args;
  const { docker, namespace } = subject;
  const own = ['--workspace-folder', workspace, '--docker-path', docker.program];
  return runCommand(...namespace.command(process.execPath, CLI, verb, ...own, ...rest), {
    env: { ...docker.environment, HOME: workspace, TMPDIR: temporary },
    timeoutMs: 110_000,
  });
}

describe('devcontainer', () => {
  let containerId: string;

  test('up starts a container of an image and runs its commands', async () => {
    const { code, stdout, stderr } = await devcontainer('up');
    expect(code, stderr).toBe(0);
    const answer = JSON.parse(stdout) as { outcome: string; containerId: string };
    expect(answer.outcome).toBe('success');
    containerId = answer.containerId;
    expect(await subject.docker.ok('exec', containerId, 'cat', '/created')).toBe('created');
    expect(await subject.docker.ok('ps', '--quiet', '--filter', 'label=kind=development')).toBe(
      containerId.slice(0, 12),
    );
  });

  test('exec runs in the workspace with its environment and status', async () => {
    const ran = await devcontainer(
      'exec',
      'sh',
      '-c',
      'cat source.txt; echo $COLOUR $SHAPE; exit 3',
    );
    expect(ran).toMatchObject({ code: 3, stdout: 'from the workspace\ngreen round\n' });
  });

  test('up again finds the container that runs', async () => {
    const { stdout } = await devcontainer('up');
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'success', containerId });
  });

  test('up starts the container again when it was stopped', async () => {
    await subject.docker.ok('stop', '--timeout', '0', containerId);
    const { stdout } = await devcontainer('up');
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'success', containerId });
    const state = await subject.docker.ok('inspect', '-f', '{{.State.Status}}', containerId);
    expect(state).toBe('running');
  });

  test('up tells that an image is not there', async () => {
    const elsewhere = join(workspace, 'elsewhere.json');
    writeFileSync(elsewhere, JSON.stringify({ image: 'not-there' }));
    const { code, stdout } = await devcontainer('up', '--config', elsewhere, '--id-label', 'x=y');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'error' });
  });
});
