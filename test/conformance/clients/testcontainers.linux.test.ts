/** testcontainers, with which other projects' tests start what they need. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand } from '../../support/command.ts';
import { startSubject, type Subject } from '../subject.ts';

const SCENARIOS = fileURLToPath(new URL('testcontainers-scenarios.ts', import.meta.url));

let subject: Subject;
let outcomes: Record<string, unknown>;
/** Where the library leaves its lock. */
let temporary: string;
beforeAll(async () => {
  subject = await startSubject();
  temporary = mkdtempSync(join(tmpdir(), 'gantry-temporary-'));
  const program = subject.namespace.command(process.execPath, SCENARIOS);
  const { stdout, stderr } = await runCommand(...program, {
    // Its helper "ryuk" is an image of its own; what is left behind the test looks for itself.
    env: {
      ...subject.docker.environment,
      TESTCONTAINERS_RYUK_DISABLED: 'true',
      TMPDIR: temporary,
    },
    timeoutMs: 110_000,
  });
  if (stdout === '') throw new Error(`the scenarios wrote nothing: ${stderr}`);
  outcomes = JSON.parse(stdout) as Record<string, unknown>;
});
afterAll(async () => {
  rmSync(temporary, { recursive: true, force: true });
  await subject.close();
});

describe('testcontainers', () => {
  test('waits for a line of the log and reads it', () => {
    expect(outcomes['logs']).toEqual(['preparing', 'ready']);
  });

  test('executes programs and has their output and status', () => {
    expect(outcomes['exec']).toEqual({
      output: 'hello\nerr\n',
      stdout: 'hello\n',
      stderr: 'err\n',
      exitCode: 3,
    });
  });

  test('copies into a container, before its start too, and out of it', () => {
    expect(outcomes['copies']).toEqual({ output: 'before the start\nlater\n', isArchive: true });
  });

  test('waits until published ports listen, and reaches them', () => {
    expect(outcomes['ports']).toBe('page\n');
    expect(outcomes['http']).toBe(true);
  });

  test('waits for health checks', () => {
    expect(outcomes['health']).toBe(0);
  });

  test('restarts, stops and removes', () => {
    expect(outcomes['stop']).toBe(false);
  });

  test('tells why a container does not start', () => {
    expect(outcomes['failure']).toContain('executable file not found in $PATH');
  });

  test('leaves no container behind', async () => {
    const { docker } = subject;
    // The one that failed to start is its user's to remove, as with Docker.
    expect(await docker.ok('ps', '--quiet')).toBe('');
  });
});
