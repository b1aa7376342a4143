/**
 * What is known of a container's health, and what a probe makes of it. Pure.
 * Source: moby `daemon/health.go`, `container/health.go`.
 */
import type { ProbePlan } from './probe-plan.ts';

export interface ProbeResult {
  /** RFC 3339. */
  readonly start: string;
  readonly end: string;
  /** 0 is healthy; -1 when the probe did not end by itself, or could not be run. */
  readonly exitCode: number;
  readonly output: string;
}

export interface HealthRecord {
  readonly status: 'starting' | 'healthy' | 'unhealthy';
  /** Failures since the last success. */
  readonly failingStreak: number;
  /** The last results, oldest first. */
  readonly log: readonly ProbeResult[];
}

const RESULTS_KEPT = 5;

/** At a start: nothing is known, but the results of earlier runs stay to be seen. */
export function healthAtStart(before: HealthRecord | undefined): HealthRecord {
  return { status: 'starting', failingStreak: 0, log: before?.log ?? [] };
}

/** While nobody probes, as in a paused or ended container, it counts as unhealthy. */
export function healthUnprobed(before: HealthRecord | undefined): HealthRecord | undefined {
  return before && { ...before, status: 'unhealthy' };
}

/** `startedAt` of the container, RFC 3339. */
export function healthAfter(
  before: HealthRecord,
  result: ProbeResult,
  plan: ProbePlan,
  startedAt: string,
): HealthRecord {
  const log = [...before.log, result].slice(-RESULTS_KEPT);
  if (result.exitCode === 0) return { status: 'healthy', failingStreak: 0, log };
  const sinceStartMs = Date.parse(result.start) - Date.parse(startedAt);
  if (before.status === 'starting' && sinceStartMs < plan.startPeriodMs) return { ...before, log };
  const failingStreak = before.failingStreak + 1;
  const status = failingStreak >= plan.retries ? 'unhealthy' : before.status;
  return { status, failingStreak, log };
}

/** From now until the next probe: an interval after the last one of this run, or after its start. */
export function delayToProbeMs(
  health: HealthRecord,
  plan: ProbePlan,
  startedAt: string,
  nowMs: number,
): number {
  const startedMs = Date.parse(startedAt);
  const last = health.log.at(-1);
  const isOfThisRun = last !== undefined && Date.parse(last.start) >= startedMs;
  const fromMs = isOfThisRun ? Date.parse(last.end) : startedMs;
  const isEarly = health.status === 'starting' && nowMs - startedMs < plan.startPeriodMs;
  const intervalMs = isEarly ? plan.startIntervalMs : plan.intervalMs;
  return Math.max(0, Math.min(intervalMs, fromMs + intervalMs - nowMs));
}
