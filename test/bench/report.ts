/** The benchmark's result as people read it: one line for the machine, one table. */
import { cpus, release, totalmem } from 'node:os';
import type { Contestants } from './contestants.ts';

export interface Row {
  readonly name: string;
  readonly unit: 'ms' | 'MB';
  /** Medians. */
  readonly docker: number;
  readonly gantry: number;
  /** What the project wants of itself. */
  readonly bar?: string;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const lower = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return (lower + upper) / 2;
}

/** The smallest value that `percent` of all are no larger than. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? Number.NaN;
}

/** Figures that are not one number each. */
export interface ScaleRow {
  readonly name: string;
  readonly docker: string;
  readonly gantry: string;
}

export function scaleTableOf(rows: readonly ScaleRow[]): string {
  const lines = rows.map(({ name, docker, gantry }) => `| ${name} | ${docker} | ${gantry} |`);
  return ['| many at once | Docker | Gantry |', '|---|---:|---:|', ...lines].join('\n');
}

export async function describeMachine({ docker, gantry }: Contestants): Promise<string> {
  const memory = `${Math.round(totalmem() / 2 ** 30)} GB`;
  const cli = await docker.docker.ok('version', '--format', '{{.Client.Version}}');
  return (
    `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpus()[0]?.model.trim()}, ${memory}, ` +
    `Linux ${release()}; ${gantry.name} beside ${docker.name}, docker CLI ${cli}; medians`
  );
}

export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(({ name, unit, docker, gantry, bar = '' }) => {
    const ratio = `${(docker / gantry).toFixed(1)}×`;
    return `| ${name} | ${figure(docker)} ${unit} | ${figure(gantry)} ${unit} | ${ratio} | ${bar} |`;
  });
  return ['| work | Docker | Gantry | ratio | bar |', '|---|---:|---:|---:|---:|', ...lines].join(
    '\n',
  );
}

function figure(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value.toFixed(value >= 10 ? 1 : 2);
}
