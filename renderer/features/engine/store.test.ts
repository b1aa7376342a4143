import { expect, test } from 'vitest';
import type { EngineStatus } from '../../../electron/ipc/contract.ts';
import { withStatus, withSync } from './store.ts';

const summary = {
  version: '0.1.0',
  apiVersion: '1.50',
  instance: 'a',
  cpus: 2,
  memoryBytes: 1,
  dataRoot: '/',
  warnings: [],
};
const status = (phase: EngineStatus['phase']): EngineStatus => ({
  phase,
  stage: 'sync',
  stageStartedMs: 0,
  stageDeadlineMs: 1,
  attempt: 1,
  socket: '/run/x.sock',
});
const UNKNOWN = { status: null, summary: null, staleSinceMs: null, synced: false };

test('lists are live once the engine is ready and has sent them', () => {
  const ready = withStatus(UNKNOWN, status('ready'), 10);
  expect(ready.synced).toBe(false);
  expect(withSync(ready, summary, 15)).toMatchObject({ synced: true, staleSinceMs: null, summary });
});

test('a lost engine leaves its lists as a memory that knows its age', () => {
  const live = withSync(withStatus(UNKNOWN, status('ready'), 10), summary, 15);
  const lost = withStatus(live, status('lost'), 20);
  expect(lost).toMatchObject({ synced: false, staleSinceMs: 20, summary });
  const still = withStatus(lost, status('starting'), 30);
  expect(still.staleSinceMs).toBe(20);
});

test('an engine that is back is not believed before its list has come', () => {
  const live = withSync(withStatus(UNKNOWN, status('ready'), 10), summary, 15);
  const back = withStatus(withStatus(live, status('lost'), 20), status('ready'), 40);
  expect(back).toMatchObject({ synced: false, staleSinceMs: 20 });
  expect(withSync(back, summary, 15).staleSinceMs).toBeNull();
});

test('the list of a starting engine counts once it is called ready', () => {
  const starting = withSync(withStatus(UNKNOWN, status('starting'), 10), summary, 15);
  const still = withStatus(starting, status('starting'), 20);
  expect(withStatus(still, status('ready'), 30)).toMatchObject({
    synced: true,
    staleSinceMs: null,
  });
});

test('what the host remembers of a lost engine stays a memory', () => {
  const lost = withStatus(UNKNOWN, status('lost'), 10);
  expect(withSync(lost, summary, 15)).toMatchObject({ synced: false, staleSinceMs: 15 });
});
