/**
 * The terminal of an exec'd program. It lies inside the container, and the engine gets at it in one
 * of two ways. crun sends its master over the console socket. runc does so only for what it detaches
 * from, whose exit status would be lost; so runc is given a terminal of the host, which it joins to
 * the container's, passing on its size when told that it changed. (crun passes on no size.)
 *
 * A detached program's terminal is held, and drained, by a `cat`, so that it outlives the engine.
 */
import { closeSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { startChild, type Child } from '../../host/child.ts';
import {
  createTerminal,
  openInbox,
  openTerminal,
  setTerminalSize,
  type Terminal,
} from '../../host/descriptors.ts';
import { signalProcess } from '../../host/processes.ts';
import type { ConsoleSize } from '../exec.ts';
import type { Runtime } from '../runtime.ts';

/** What of a runtime an exec needs. */
export type ExecRuntime = Pick<
  Runtime,
  'name' | 'program' | 'globalArguments' | 'stateRoot' | 'processesOf'
>;

export interface TerminalStart {
  readonly runtime: ExecRuntime;
  readonly isDetached: boolean;
  readonly size: ConsoleSize | undefined;
  /** For the console socket; nothing is there before and after. */
  readonly socketPath: string;
  /** The runtime's arguments with these further options of `exec`. */
  readonly argumentsWith: (more: readonly string[]) => readonly string[];
}

export interface StartedOnTerminal {
  readonly child: Child;
  /** Undefined when nobody is attached, or the program ended before it had one. */
  readonly terminal: Promise<Terminal | undefined>;
}

const NO_STREAMS = { stdin: 'null', stdout: 'null', stderr: 'null' } as const;

export async function startOnTerminal(start: TerminalStart): Promise<StartedOnTerminal> {
  return start.runtime.name === 'crun' ? startOnConsole(start) : startOnHostTerminal(start);
}

async function startOnConsole(start: TerminalStart): Promise<StartedOnTerminal> {
  const inbox = await openInbox(start.socketPath);
  let child: Child;
  try {
    const args = start.argumentsWith(['--console-socket', start.socketPath]);
    child = startChild(start.runtime.program, args, NO_STREAMS);
  } catch (error) {
    inbox[Symbol.dispose]();
    throw error;
  }
  const over = new AbortController();
  const noteEnd = async () => {
    await child.exited;
    // A short program has ended before its terminal was seen to arrive: it lies in the socket, and
    // the event loop sees it within the turn after this one.
    for (let turn = 0; turn < 3; turn++) await setImmediate();
    over.abort();
  };
  void noteEnd();
  const receive = async () => {
    using opened = inbox;
    try {
      const fd = await opened.receive(over.signal);
      if (!start.isDetached) return openTerminal(fd);
      holdTerminal(fd);
    } catch (error) {
      if (!over.signal.aborted) throw error; // it ended without one, and its status tells why
    }
    return undefined;
  };
  return { child, terminal: receive() };
}

function startOnHostTerminal(start: TerminalStart): StartedOnTerminal {
  const { masterFd, userFd } = createTerminal();
  let child: Child;
  try {
    if (start.size) setTerminalSize(masterFd, start.size.rows, start.size.columns);
    const streams = { stdin: userFd, stdout: userFd, stderr: userFd };
    child = startChild(start.runtime.program, start.argumentsWith([]), streams);
  } catch (error) {
    closeSync(masterFd);
    throw error;
  } finally {
    closeSync(userFd);
  }
  if (start.isDetached) {
    holdTerminal(masterFd);
    return { child, terminal: Promise.resolve(undefined) };
  }
  const { stream, resize } = openTerminal(masterFd);
  const resizeBoth = (rows: number, columns: number) => {
    resize(rows, columns);
    signalProcess(child.pid, 'SIGWINCH');
  };
  return { child, terminal: Promise.resolve({ stream, resize: resizeBoth }) };
}

/** Keeps a terminal open that nobody is attached to, and takes what is printed on it. */
function holdTerminal(fd: number): void {
  try {
    startChild('/bin/cat', [], { stdin: fd, stdout: 'null', stderr: 'null' });
  } finally {
    closeSync(fd);
  }
}
