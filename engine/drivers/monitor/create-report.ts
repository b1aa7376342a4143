/**
 * What conmon reports of a create: one line of JSON, read to its end from a pipe, and from it either
 * the two processes, each with its start time so that a pid used again is not taken for it, or a
 * `ContainerCreateError` worded as clients expect.
 */
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { commandLineOf, startTimeOf, statFieldsOf } from '../../host/processes.ts';
import {
  ContainerCreateError,
  type MonitoredProcess,
  type MonitorRequest,
  type ProcessIdentity,
} from '../monitor.ts';
import { explainCreateFailure } from './create-failure.ts';

/** All that came with the first newline, or all there is. */
export function readReport(fd: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = new Socket({ fd, readable: true, writable: false });
  let text = '';
  const done = () => {
    socket.destroy();
    resolve(text);
  };
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('utf8');
    if (text.includes('\n')) done();
  });
  socket.on('end', done);
  socket.on('error', done);
  return promise;
}

/** Throws `ContainerCreateError` when the report is not of a process. */
export function outcomeOf(request: MonitorRequest, said: string): MonitoredProcess {
  const report = parseReport(said);
  if (report.pid > 0) return identify(request.containerId, report.pid);
  throw new ContainerCreateError(
    explainCreateFailure(request.runtime.name, report.message, programOf(request.bundlePath)),
  );
}

function parseReport(text: string): { pid: number; message: string } {
  try {
    const [line = ''] = text.split('\n', 1);
    const { data, message } = JSON.parse(line) as { data?: number; message?: string };
    return { pid: data ?? -1, message: message ?? '' };
  } catch {
    return { pid: -1, message: text === '' ? 'the monitor ended unexpectedly' : text };
  }
}

/**
 * The monitor is the parent of the container's first process: the runtime, which was in between, has
 * ended by the time the monitor reports. A monitor that was killed since has left it to another parent,
 * which is not to be taken for a monitor. Source: proc(5), /proc/[pid]/stat fields 4 and 22.
 */
function identify(containerId: string, pid: number): MonitoredProcess {
  const fields = statFieldsOf(pid);
  const container = { pid, startTime: fields?.[19] ?? '' };
  const monitorPid = Number(fields?.[1] ?? 0);
  const startTime = startTimeOf(monitorPid) ?? '';
  const isMonitor = commandLineOf(monitorPid).includes(`\0${containerId}\0`);
  return { container, monitor: isMonitor ? { pid: monitorPid, startTime } : NOBODY };
}

const NOBODY: ProcessIdentity = { pid: 0, startTime: '' };

function programOf(bundlePath: string): string {
  try {
    const config = JSON.parse(readFileSync(join(bundlePath, 'config.json'), 'utf8')) as {
      process: { args: string[] };
    };
    const { args } = config.process;
    return (args[1] === '--' ? args[2] : args[0]) ?? '';
  } catch {
    return '';
  }
}
