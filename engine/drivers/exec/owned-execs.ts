/**
 * Programs that are to end with the engine that runs them. When it is killed they are orphans, so a
 * note beside the files of each lets the next engine find and end them.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { signalProcess, startTimeOf } from '../../host/processes.ts';
import { endFamily, type Leader } from './exec-family.ts';
import { namesIn, readText } from './exec-files.ts';

interface Note {
  readonly runtime: Identity;
  readonly cgroupsPath: string;
  /** Once it runs. */
  readonly program?: Identity;
}

interface Identity {
  readonly pid: number;
  readonly startTime: string;
}

/** A program that may still run, and where its container's processes are found. */
export interface Leftover extends Leader {
  readonly cgroupsPath: string;
}

/** In the environment of an owned program, and thereby of everything it starts. */
export function markOf(execId: string): string {
  return `GANTRY_EXEC_ID=${execId}`;
}

const SUFFIX = '.owned';

/** To be called when the runtime was started, and again when the program runs. */
export function noteOwned(
  path: string,
  pids: { readonly runtime: number; readonly program: number },
  cgroupsPath: string,
): void {
  const note: Note = {
    runtime: identify(pids.runtime),
    cgroupsPath,
    ...(pids.program > 0 && { program: identify(pids.program) }),
  };
  writeFileSync(path, JSON.stringify(note), { mode: 0o600 });
}

function identify(pid: number): Identity {
  return { pid, startTime: startTimeOf(pid) ?? '' };
}

/** What the notes in this directory tell. Ends runtimes that have yet to run their program. */
export function findLeftovers(directory: string): Leftover[] {
  return namesIn(directory)
    .filter((name) => name.endsWith(SUFFIX))
    .flatMap((name) => {
      const note = parseNote(readText(join(directory, name)));
      if (note === undefined) return [];
      const { runtime, program, cgroupsPath } = note;
      // First of all, so that no program appears after it was looked for.
      if (startTimeOf(runtime.pid) === runtime.startTime) signalProcess(runtime.pid, 'SIGKILL');
      const execId = name.slice(0, -SUFFIX.length);
      const pidFile = join(directory, `${execId}.pid`);
      const pid = program?.pid ?? (Number(readText(pidFile)) || 0);
      return pid === 0 || isAnother(program) ? [] : [{ pid, mark: markOf(execId), cgroupsPath }];
    });
}

/** True when the pid is that of a later process by now. */
function isAnother(program: Identity | undefined): boolean {
  const startTime = program && startTimeOf(program.pid);
  return startTime !== undefined && startTime !== program?.startTime;
}

export async function endLeftovers(
  leftovers: readonly Leftover[],
  processesOf: (cgroupsPath: string) => number[],
): Promise<void> {
  await Promise.all(
    leftovers.map((leftover) => endFamily(leftover, () => processesOf(leftover.cgroupsPath))),
  );
}

function parseNote(text: string): Note | undefined {
  try {
    return JSON.parse(text) as Note;
  } catch {
    return undefined; // cut off while it was written
  }
}
