/** `docker top`: the host's ps over the container's processes. Source: moby `daemon/top_unix.go`. */
import { EngineError } from '../../contract/errors.ts';
import { cgroupsPathOf, type ContainerContext } from './context.ts';
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
  requireProcess(container.state, container.id);
  const args = (psArguments || '-ef').split(/\s+/).filter(Boolean);
  if (args.some((arg) => !/^[-\w=,+:.%@/]+$/.test(arg)))
    throw new EngineError('invalid-argument', `ps: invalid arguments: ${psArguments}`);
  const runtime = context.runtimes.find(container.state.runtime ?? '');
  const pids = new Set(runtime.processesOf(cgroupsPathOf(context, container)));
  return parseTable(await context.files.hostProcesses(args), pids);
}

/** Keeps the rows of these processes. The last column may have blanks. */
export function parseTable(output: string, pids: ReadonlySet<number>): ProcessTable {
  const [header = '', ...lines] = output.trimEnd().split('\n');
  const titles = header.trim().split(/\s+/);
  const pidColumn = titles.indexOf('PID');
  if (pidColumn === -1) throw new EngineError('internal', "Couldn't find PID field in ps output");
  const rows = lines
    .map((line) => {
      const fields = line.trim().split(/\s+/);
      const last = titles.length - 1;
      return [...fields.slice(0, last), fields.slice(last).join(' ')];
    })
    .filter((fields) => pids.has(Number(fields[pidColumn])));
  return { titles, rows };
}
