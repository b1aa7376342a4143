/**
 * Programs that an earlier engine started and that run still. What their runtimes left in the
 * directory of execs tells of them: the pid file, written when the program was about to run, and the
 * OCI process it was started with.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { watchProcess } from '../../host/handles.ts';
import type { RecoveredExec } from '../exec.ts';
import { namesIn, readText } from './exec-files.ts';

export function findSurvivors(directory: string): RecoveredExec[] {
  const names = namesIn(directory);
  return names.flatMap((name) => {
    const [, execId] = /^([0-9a-f]{64})\.pid$/.exec(name) ?? [];
    // An owned one ends with its engine.
    if (execId === undefined || names.includes(`${execId}.owned`)) return [];
    return survivorOf(directory, execId) ?? [];
  });
}

function survivorOf(directory: string, execId: string): RecoveredExec | undefined {
  const pid = Number(readText(join(directory, `${execId}.pid`)));
  // The pid may be another process's by now; one in a container's cgroup is the container's.
  const [, containerId] = /\/([0-9a-f]{64})(?:\/|$)/m.exec(readText(`/proc/${pid}/cgroup`)) ?? [];
  const process = parseProcess(readText(join(directory, `${execId}.json`)));
  if (containerId === undefined || process === undefined) return undefined;
  const ended = new Promise<void>((resolve) => {
    watchProcess(pid, () => {
      for (const kind of ['pid', 'json', 'log'])
        rmSync(join(directory, `${execId}.${kind}`), { force: true });
      resolve();
    });
  });
  return { execId, containerId, pid, ended, ...process };
}

function parseProcess(text: string): Pick<RecoveredExec, 'args' | 'hasTerminal'> | undefined {
  try {
    const { args, terminal } = JSON.parse(text) as { args: string[]; terminal?: boolean };
    return { args, hasTerminal: terminal === true };
  } catch {
    return undefined; // cut off while it was written
  }
}
