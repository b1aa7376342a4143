/** `docker top`: the host's ps over the container's processes. Source: moby `daemon/top_unix.go`. */
import { EngineError, hasCode } from '../../contract/errors.ts';
import { cgroupsPathOf, publish, type ContainerContext } from './context.ts';
import type { LiveContainer } from './live-container.ts';
import { requireProcess } from './state.ts';

export interface ProcessTable {
  readonly titles: string[];
  readonly rows: string[][];
}

export async function listProcesses(
  context: ContainerContext,
  container: LiveContainer,
  psArguments: string,
): Promise<ProcessTable> {
  requireHonestTitles(psArguments);
  requireProcess(container.state, container.id);
  const args = (psArguments || '-ef').split(/\s+/).filter(Boolean);
  const runtime = context.runtimes.find(container.state.runtime ?? '');
  const pids = runtime.processesOf(cgroupsPathOf(context, container));
  const table = parseTable(await processesOf(context, args, pids), new Set(pids));
  publish(context, container, 'top');
  return table;
}

/** Some options, `f` among them, cannot be given together with a list of pids. */
async function processesOf(
  { files }: ContainerContext,
  args: readonly string[],
  pids: readonly number[],
): Promise<string> {
  try {
    return await files.hostProcesses([...args, `-q${pids.join(',')}`]);
  } catch (error) {
    if (!hasCode(error, 'internal')) throw error;
    return files.hostProcesses(args);
  }
}

/** A column called PID that is none would show processes of the host. */
function requireHonestTitles(psArguments: string): void {
  for (const [, column, title] of psArguments.matchAll(/\s+(\S*)=\s*(PID\S*)/g))
    if (column !== 'pid')
      throw new EngineError('internal', `specifying "${column}=${title}" is not allowed`);
}

/**
 * Keeps the rows of these processes, and those of their threads, which show `-` for the pid and
 * follow. The last column may have blanks.
 */
export function parseTable(output: string, pids: ReadonlySet<number>): ProcessTable {
  const [header = '', ...lines] = output.split('\n').filter((line) => line !== '');
  const titles = wordsOf(header);
  const pidColumn = titles.indexOf('PID');
  if (pidColumn === -1) throw new EngineError('internal', "Couldn't find PID field in ps output");
  const rows: string[][] = [];
  let isOfContainer = false;
  for (const line of lines) {
    const words = wordsOf(line);
    const pid = words[pidColumn] ?? '';
    if (pid !== '-') {
      if (!/^\d+$/.test(pid)) throw new EngineError('internal', `Unexpected pid '${pid}'`);
      isOfContainer = pids.has(Number(pid));
    }
    const last = titles.length - 1;
    if (isOfContainer) rows.push([...words.slice(0, last), words.slice(last).join(' ')]);
  }
  return { titles, rows };
}

/** Blanks of ASCII alone: a program's name may have others. */
function wordsOf(line: string): string[] {
  return line.split(/[ \t\n\f\r]+/).filter(Boolean);
}
