import { describe, expect, test } from 'vitest';
import { delayToProbeMs, healthAfter, healthAtStart, healthUnprobed } from './health-record.ts';
import { planProbe, type ProbePlan } from './probe-plan.ts';

const STARTED = '2026-01-01T00:00:00.000000000Z';
const at = (seconds: number) => new Date(Date.parse(STARTED) + seconds * 1000).toISOString();
const result = (exitCode: number, seconds = 60) => ({
  start: at(seconds),
  end: at(seconds + 1),
  exitCode,
  output: '',
});
const plan: ProbePlan = {
  command: ['true'],
  intervalMs: 30_000,
  timeoutMs: 1000,
  startPeriodMs: 20_000,
  startIntervalMs: 2000,
  retries: 2,
};
const NEW = healthAtStart(undefined);

describe('health', () => {
  test('starts unknown, is healthy with the first success, unhealthy after failures in a row', () => {
    let health = NEW;
    const seen = [1, 0, 1, 0, 1, 1, 1, 0].map((exitCode) => {
      health = healthAfter(health, result(exitCode), plan, STARTED);
      return `${health.status} ${health.failingStreak}`;
    });
    expect(seen).toEqual([
      ...['starting 1', 'healthy 0', 'healthy 1', 'healthy 0'],
      ...['healthy 1', 'unhealthy 2', 'unhealthy 3', 'healthy 0'],
    ]);
    expect(health.log).toHaveLength(5);
  });

  test('does not suffer from failures within the start period, until a success', () => {
    const early = healthAfter(NEW, result(1, 19), plan, STARTED);
    expect(early).toMatchObject({ status: 'starting', failingStreak: 0 });
    const up = healthAfter(early, result(0, 19), plan, STARTED);
    expect(healthAfter(up, result(1, 19), plan, STARTED).failingStreak).toBe(1);
  });

  test('keeps the results of earlier runs at a start, and counts as unhealthy unprobed', () => {
    const up = healthAfter(NEW, result(0), plan, STARTED);
    expect(healthAtStart(up)).toEqual({ status: 'starting', failingStreak: 0, log: up.log });
    expect(healthUnprobed(up)).toEqual({ ...up, status: 'unhealthy' });
    expect(healthUnprobed(undefined)).toBeUndefined();
  });
});

describe('the next probe', () => {
  const delay = (health: typeof NEW, seconds: number) =>
    delayToProbeMs(health, plan, STARTED, Date.parse(at(seconds)));

  test('comes an interval after the start, a shorter one within the start period', () => {
    expect(delay(NEW, 0)).toBe(2000);
    expect(delayToProbeMs(NEW, { ...plan, startPeriodMs: 0 }, STARTED, Date.parse(STARTED))).toBe(
      30_000,
    );
    const up = healthAfter(NEW, result(0, 4), plan, STARTED);
    expect(delay(up, 5)).toBe(30_000);
  });

  test('comes at once when it is overdue, as after a restart of the engine', () => {
    const up = healthAfter(NEW, result(0, 100), plan, STARTED);
    expect(delay(up, 111)).toBe(20_000);
    expect(delay(up, 500)).toBe(0);
  });
});

describe('planProbe()', () => {
  test.each([
    [{ Test: ['CMD', 'a', 'b c'] }, undefined, ['a', 'b c']],
    [{ Test: ['CMD-SHELL', 'a && b'] }, undefined, ['/bin/sh', '-c', 'a && b']],
    [{ Test: ['CMD-SHELL', 'a'] }, ['/bin/ash', '-ec'], ['/bin/ash', '-ec', 'a']],
    [{ Test: ['NONE'] }, undefined, undefined],
    [{ Test: ['OTHER', 'a'] }, undefined, undefined],
    [{}, undefined, undefined],
  ])('runs for %j with the shell %j: %j', (Healthcheck, Shell, command) => {
    expect(planProbe({ Healthcheck, Shell } as never)?.command).toEqual(command);
  });

  test('fills in Docker’s defaults', () => {
    expect(planProbe({ Healthcheck: { Test: ['CMD', 'a'], Interval: 5e8 } as never, Shell: [] })) //
      .toEqual({
        command: ['a'],
        intervalMs: 500,
        timeoutMs: 30_000,
        startPeriodMs: 0,
        startIntervalMs: 5000,
        retries: 3,
      });
  });
});
