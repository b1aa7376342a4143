/**
 * How a container's health is probed, from its configuration. Pure.
 * Source: Docker Engine API v1.50, HealthConfig; moby `daemon/health.go`, `daemon/container.go`.
 */
import type { ContainerConfig, HealthConfig } from '../../contract/containers.ts';
import { EngineError } from '../../contract/errors.ts';

export interface ProbePlan {
  /** Program and arguments; a probe without any fails. */
  readonly command: readonly string[];
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Failures this soon after the start do not count while nothing has succeeded. */
  readonly startPeriodMs: number;
  /** Between probes within that time. */
  readonly startIntervalMs: number;
  /** Failures in a row that make the container unhealthy. */
  readonly retries: number;
}

const DEFAULT_SHELL = ['/bin/sh', '-c'];
const MS = 1e6;
/** Beyond this timers fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** Undefined where there is nothing to probe: no check, `NONE`, or a kind that Docker does not know. */
export function planProbe(
  config: Pick<ContainerConfig, 'Healthcheck' | 'Shell'>,
): ProbePlan | undefined {
  const { Healthcheck: health, Shell: shell } = config;
  const [kind, ...words] = health?.Test ?? [];
  if (health === undefined || (kind !== 'CMD' && kind !== 'CMD-SHELL')) return undefined;
  const isOwnShell = shell !== undefined && shell.length > 0;
  const time = (ns: number | undefined, otherwiseMs: number) =>
    Math.min(ns ? ns / MS : otherwiseMs, LONGEST_MS);
  return {
    command: kind === 'CMD' ? words : [...(isOwnShell ? shell : DEFAULT_SHELL), ...words],
    intervalMs: time(health.Interval, 30_000),
    timeoutMs: time(health.Timeout, 30_000),
    startPeriodMs: time(health.StartPeriod, 0),
    startIntervalMs: time(health.StartInterval, 5000),
    retries: health.Retries || 3,
  };
}

/** Throws `invalid-argument`. */
export function verifyHealthcheck(health: HealthConfig | undefined): void {
  for (const name of ['Interval', 'Timeout', 'StartPeriod', 'StartInterval'] as const) {
    const ns = health?.[name] ?? 0;
    if (ns !== 0 && ns < MS) throw invalid(`${name} in Healthcheck cannot be less than 1ms`);
  }
  if ((health?.Retries ?? 0) < 0) throw invalid('Retries in Healthcheck cannot be negative');
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-argument', message);
}
