/** The files of one exec, and the runtime's command line that names them. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecWish } from '../exec.ts';
import type { ExecRuntime } from './terminals.ts';

export interface ExecPaths {
  readonly process: string;
  readonly log: string;
  readonly pid: string;
  readonly console: string;
  readonly owned: string;
  /** Of the runtime that waited for it, if one did. */
  readonly spare?: string;
}

export function pathsOf(directory: string, execId: string): ExecPaths {
  const base = join(directory, execId);
  return {
    process: `${base}.json`,
    log: `${base}.log`,
    pid: `${base}.pid`,
    console: `${base}.tty`,
    owned: `${base}.owned`,
  };
}

export function removeFiles(paths: ExecPaths): void {
  for (const path of Object.values(paths) as string[])
    rmSync(path, { recursive: true, force: true });
}

/** `more`: further options of the runtime's `exec`. */
export function execArguments(
  { globalArguments }: Pick<ExecRuntime, 'globalArguments'>,
  { containerId }: Pick<ExecWish, 'containerId'>,
  paths: Pick<ExecPaths, 'log' | 'process' | 'pid'>,
  more: readonly string[] = [],
): string[] {
  return [
    ...[...globalArguments, '--log', paths.log, '--log-format', 'json', 'exec'],
    ...['--process', paths.process, '--pid-file', paths.pid, ...more, containerId],
  ];
}
