import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { logLines } from '../../../test/support/log-entries.ts';
import { FileLogStore } from '../../drivers/logs/file-log-store.ts';
import { systemClock } from '../../host/clock.ts';
import type { ContainerView } from '../containers/container.ts';
import { EventBus } from '../events/event-bus.ts';
import { LogRotation } from './log-rotation.ts';

let folder: string;
let path: string;
let running: ContainerView[];
let problems: string[];
const events = new EventBus(systemClock);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-rotation-'));
  path = join(folder, 'ctr.log');
  running = [];
  problems = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const container = (config: Record<string, string>) =>
  ({
    id: 'c1',
    name: 'web',
    hostConfig: { LogConfig: { Type: 'json-file', Config: config } },
    logPath: path,
  }) as unknown as ContainerView;

const startRotation = (reopenLog = () => Promise.resolve(writeFileSync(path, ''))) =>
  new LogRotation({
    store: new FileLogStore(),
    events,
    runningContainers: () => running,
    reopenLog,
    report: (message, error) => problems.push(`${message}: ${(error as Error).message}`),
  });

describe('log rotation', () => {
  it('moves a log aside once it is larger than its container allows', async () => {
    using rotation = startRotation();
    expect(rotation).toBeDefined();
    running = [container({ 'max-size': '1k', 'max-file': '2' })];
    events.publish({ type: 'container', action: 'start', actorId: 'c1', attributes: {} });
    for (let round = 0; round < 2; round++) {
      appendFileSync(path, logLines(['x'.repeat(1000)]));
      await eventually('the rotation', () => statSync(path).size === 0 && existsSync(`${path}.1`));
    }
    expect(existsSync(`${path}.2`)).toBe(false);
  });

  it('leaves a log alone that has no limit', async () => {
    running = [container({ 'max-size': '-1' })];
    writeFileSync(path, logLines(['x'.repeat(1000)]));
    using rotation = startRotation();
    expect(rotation).toBeDefined();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(existsSync(`${path}.1`)).toBe(false);
  });

  it('completes a rotation that an earlier engine was killed in', async () => {
    running = [container({})];
    writeFileSync(path, logLines(['a']));
    renameSync(path, `${path}.1`);
    using rotation = startRotation();
    expect(rotation).toBeDefined();
    await eventually('the log', () => existsSync(path));
  });

  it('reports a writer that does not answer', async () => {
    running = [container({ 'max-size': '1k' })];
    writeFileSync(path, logLines(['x'.repeat(1000)]));
    using rotation = startRotation(() => Promise.reject(new Error('no reader')));
    expect(rotation).toBeDefined();
    await eventually('the report', () => problems.length > 0);
    expect(problems[0]).toBe('rotating the log of web: no reader');
  });
});
