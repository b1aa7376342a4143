/** A runtime that runs a program: whether the program runs yet, how it ended, and how it is ended. */
import { PassThrough, type Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from '../../host/child.ts';
import { signalProcess } from '../../host/processes.ts';
import type { ExecEnd, ExecProcess, ExecRequest } from '../exec.ts';
import { endFamily } from './exec-family.ts';
import { explainExecFailure } from './exec-failure.ts';
import { readText } from './exec-files.ts';
import { removeFiles, type ExecPaths } from './exec-paths.ts';
import { markOf, noteOwned } from './owned-execs.ts';

export type WatchedExec = Pick<ExecProcess, 'started' | 'ended' | 'pid' | 'kill'> & {
  hasEnded(): boolean;
};

export interface RunningExec {
  readonly child: Child;
  readonly request: ExecRequest;
  readonly paths: ExecPaths;
  /** Of its container. */
  readonly processes: () => number[];
}

/** How often to look whether the program runs yet. */
const LOOK_MS = 1;

/** Removes its files at its end, and calls `onEnd` then. */
export function watchExec(
  { child, request, paths, processes }: RunningExec,
  onEnd: () => void,
): WatchedExec {
  const state = { pid: 0, hasEnded: false };
  const pid = () => (state.pid ||= Number(readText(paths.pid)) || 0);
  const end = async (): Promise<ExecEnd> => {
    const exitCode = await child.exited;
    state.hasEnded = true;
    const failure =
      pid() > 0
        ? undefined
        : explainExecFailure(readText(paths.log), request.args[0] ?? '', request.workingDirectory);
    removeFiles(paths);
    onEnd();
    return { exitCode: failure?.exitCode ?? exitCode, failure };
  };
  const ended = end();
  const started = async () => {
    while (pid() === 0 && !state.hasEnded) await Promise.race([ended, sleep(LOOK_MS)]);
  };
  const mark = request.endsWithEngine ? markOf(request.execId) : undefined;
  const kill = async () => {
    if (state.hasEnded) return;
    // Without the runtime, a program that does not run yet never will.
    if (pid() === 0) signalProcess(child.pid, 'SIGKILL');
    else await endFamily({ pid: pid(), mark }, processes);
  };
  return { ended, started, pid, kill, hasEnded: () => state.hasEnded };
}

/** In two steps: the engine may be killed before the program runs. What cannot be noted does not run. */
export async function noteWhenRunning(
  path: string,
  child: Child,
  exec: WatchedExec,
  cgroupsPath: string,
): Promise<void> {
  try {
    noteOwned(path, { runtime: child.pid, program: 0 }, cgroupsPath);
    await exec.started();
    if (!exec.hasEnded()) noteOwned(path, { runtime: child.pid, program: exec.pid() }, cgroupsPath);
  } catch {
    await exec.kill().catch(() => {});
  }
}

/**
 * The program's output without what the runtime itself writes there when it cannot execute the
 * program: nothing is passed on before the program runs.
 */
export function programOutput(source: Readable, exec: WatchedExec): Readable {
  const output = new PassThrough();
  const passOn = async () => {
    await exec.started();
    if (exec.pid() > 0) source.pipe(output);
    else source.resume();
  };
  source.once('readable', () => void passOn());
  source.on('error', () => output.end());
  source.on('close', () => output.end());
  output.on('close', () => source.destroy());
  return output;
}
