import { describe, expect, test } from 'vitest';
import { NEW_STATE, type ContainerState, type ContainerStatus } from './container-record.ts';
import { restartDelayMs, shouldRestart, shouldStartWithEngine } from './restart-policy.ts';
import {
  requireCanKill,
  requireCanPause,
  requireCanRemove,
  requireCanStart,
  requireCanStop,
  requireCanUnpause,
} from './state.ts';

const STATUSES: ContainerStatus[] = [
  ...(['created', 'running', 'paused', 'restarting'] as const),
  ...(['exited', 'dead', 'removing'] as const),
];

function allowed(check: (state: ContainerState) => void): ContainerStatus[] {
  return STATUSES.filter((status) => {
    try {
      check({ ...NEW_STATE, status });
      return true;
    } catch {
      return false;
    }
  });
}

describe('a container can be', () => {
  test.each([
    ['started', requireCanStart, ['created', 'exited']],
    ['stopped', requireCanStop, ['running', 'paused', 'restarting']],
    [
      'killed',
      (state: ContainerState) => requireCanKill(state, 'id'),
      ['running', 'paused', 'restarting'],
    ],
    ['paused', (state: ContainerState) => requireCanPause(state, 'id'), ['running']],
    ['unpaused', (state: ContainerState) => requireCanUnpause(state, 'id'), ['paused']],
    [
      'removed',
      (state: ContainerState) => requireCanRemove(state, 'n', false),
      ['created', 'exited', 'dead'],
    ],
    [
      'removed by force',
      (state: ContainerState) => requireCanRemove(state, 'n', true),
      STATUSES.slice(0, 6),
    ],
  ])('%s when it is as it should be', (_verb, check, statuses) => {
    expect(allowed(check)).toEqual(statuses);
  });

  test('refused in Docker’s words', () => {
    expect(() => requireCanStart({ ...NEW_STATE, status: 'paused' })).toThrow(
      'cannot start a paused container, try unpause instead',
    );
    expect(() => requireCanKill(NEW_STATE, 'abc')).toThrow('container abc is not running');
    expect(() => requireCanRemove({ ...NEW_STATE, status: 'running' }, 'web', false)).toThrow(
      'cannot remove container "/web": container is running: stop the container before removing or force remove',
    );
  });
});

describe('a restart policy', () => {
  const policy = (Name: string, MaximumRetryCount = 0) => ({ Name, MaximumRetryCount });
  const outcome = { exitCode: 1, stoppedByUser: false, restartCount: 0 };

  test.each([
    ['no', {}, false],
    ['always', { exitCode: 0 }, true],
    ['unless-stopped', { exitCode: 0 }, true],
    ['always', { stoppedByUser: true }, false],
    ['on-failure', { exitCode: 0 }, false],
    ['on-failure', {}, true],
  ])('%s after %o: %s', (name, changes, expected) => {
    expect(shouldRestart(policy(name), { ...outcome, ...changes })).toBe(expected);
  });

  test('gives up after as many retries as it was told', () => {
    expect(shouldRestart(policy('on-failure', 2), { ...outcome, restartCount: 1 })).toBe(true);
    expect(shouldRestart(policy('on-failure', 2), { ...outcome, restartCount: 2 })).toBe(false);
  });

  test('always, alone, brings back with the engine what a person stopped', () => {
    const stopped = { ...outcome, stoppedByUser: true, startedAt: '2026-01-01T00:00:00Z' };
    expect(shouldStartWithEngine(policy('always'), stopped)).toBe(true);
    expect(shouldStartWithEngine(policy('unless-stopped'), stopped)).toBe(false);
    expect(shouldStartWithEngine(policy('always'), { ...stopped, startedAt: '' })).toBe(false);
  });

  test('waits 100 ms, twice as long each time up to a minute, and anew after a long run', () => {
    const delays = [0];
    for (let round = 0; round < 12; round++) delays.push(restartDelayMs(delays.at(-1) ?? 0, 50));
    expect(delays.slice(1, 5)).toEqual([100, 200, 400, 800]);
    expect(delays.at(-1)).toBe(60_000);
    expect(restartDelayMs(60_000, 10_000)).toBe(100);
  });
});
