/** Long work of the host, as it last told; the host keeps it, so it survives a reload. */
import { create } from 'zustand';
import type { Task } from '../../../electron/ipc/contract.ts';

interface TasksState {
  readonly tasks: readonly Task[];
  /** Ended tasks whose card was put away; they stay in Activity. */
  readonly putAway: ReadonlySet<string>;
}

export const useTasks = create<TasksState>(() => ({ tasks: [], putAway: new Set() }));

export function putAway(taskId: string): void {
  useTasks.setState((state) => ({ putAway: new Set(state.putAway).add(taskId) }));
}

/** Running ones first, then the newest. */
export function inOrder(tasks: readonly Task[]): Task[] {
  return tasks.toSorted(
    (a, b) =>
      Number(b.state === 'running') - Number(a.state === 'running') || b.startedMs - a.startedMs,
  );
}

/** The one that was done last, for who listens to the window. */
export function lastDone(tasks: readonly Task[]): Task | undefined {
  const done = tasks.filter((task) => task.state === 'done');
  return done.toSorted((a, b) => (b.endedMs ?? 0) - (a.endedMs ?? 0))[0];
}

/** 0 to 1; null while the size is not known. */
export function progressOf(task: Task): number | null {
  if (task.state === 'done') return 1;
  return task.totalBytes > 0 ? Math.min(1, task.currentBytes / task.totalBytes) : null;
}

/** Milliseconds to go at the present speed; null when nobody can say. */
export function timeLeftMs(task: Task): number | null {
  const restBytes = task.totalBytes - task.currentBytes;
  if (task.state !== 'running' || task.bytesPerSecond <= 0 || restBytes <= 0) return null;
  return (restBytes / task.bytesPerSecond) * 1000;
}
