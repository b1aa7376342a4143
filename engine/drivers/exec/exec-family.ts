/**
 * Ending an exec'd program with everything it started: the members of its session, which runtimes make
 * for each program, their children, and, for those that left both as daemons do, whoever carries its
 * mark in the environment. (A cgroup of its own would be surer, but crun 1.8 puts a program that asks
 * for one into the root of cgroup v1.)
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { signalProcess, statFieldsOf } from '../../host/processes.ts';
import { readText } from './exec-files.ts';

export interface ProcessLine {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  /** It carries the mark that is looked for. */
  readonly isMarked: boolean;
}

export interface Leader {
  readonly pid: number;
  /** `NAME=value`, in the environment of this program alone; undefined where it has none. */
  readonly mark: string | undefined;
}

const PAUSE_MS = 5;
/** Longer than this only the kernel holds a killed process. */
const ROUNDS_MAX = 400;

/** Resolves when none is left, or none can be ended. `processesOf` gives the container's processes. */
export async function endFamily(leader: Leader, processesOf: () => number[]): Promise<void> {
  // What was killed is remembered: its children are found by it when they outlive it.
  const known = new Set([leader.pid]);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const lines = processesOf().flatMap((pid) => readLine(pid, leader.mark));
    const family = familyOf(known, lines);
    if (family.length === 0) return;
    for (const pid of family) {
      known.add(pid);
      signalProcess(pid, 'SIGKILL');
    }
    await sleep(PAUSE_MS);
  }
}

/** Pids of those that are known or marked, share a session with one that is, or descend from one. Pure. */
export function familyOf(known: ReadonlySet<number>, processes: readonly ProcessLine[]): number[] {
  const found = new Set<number>();
  const isKin = ({ pid, parent, session, isMarked }: ProcessLine) =>
    isMarked || known.has(pid) || known.has(session) || found.has(parent) || known.has(parent);
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const line of processes) if (isKin(line)) found.add(line.pid);
  }
  return [...found];
}

/** Source: proc(5), /proc/[pid]/stat fields 3 (state), 4 (ppid) and 6 (session). */
function readLine(pid: number, mark: string | undefined): ProcessLine[] {
  const [state, parent, , session] = statFieldsOf(pid) ?? [];
  if (state === undefined || state === 'Z') return []; // it has ended
  const environment = mark === undefined ? '' : readText(`/proc/${pid}/environ`);
  const isMarked = mark !== undefined && environment.split('\0').includes(mark);
  return [{ pid, parent: Number(parent), session: Number(session), isMarked }];
}
