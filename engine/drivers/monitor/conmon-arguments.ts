/**
 * conmon's command line for one container, and how a monitor of these roots is known by its own. Pure.
 * Source: conmon(8).
 */
import { join } from 'node:path';
import type { MonitorRequest } from '../monitor.ts';

export function conmonArguments(request: MonitorRequest, exitDirectory: string): string[] {
  const { containerId, bundlePath, runtime } = request;
  return [
    ...['--api-version', '1', '--cid', containerId, '--cuuid', containerId],
    ...['--bundle', bundlePath, '--container-pidfile', join(bundlePath, 'pidfile')],
    ...['--runtime', runtime.program],
    ...runtime.globalArguments.flatMap((argument) => ['--runtime-arg', argument]),
    ...logArguments(request.log),
    // fsync of the log at the end costs milliseconds and saves nothing an engine crash could take.
    '--no-sync-log',
    ...['--exit-dir', exitDirectory, '--full-attach', '--log-level', 'error'],
    ...(request.hasTerminal ? ['--terminal'] : []),
    ...(request.hasStdin ? ['--stdin'] : []),
    ...(request.keepStdinOpen ? ['--leave-stdin-open'] : []),
  ];
}

function logArguments(log: MonitorRequest['log']): string[] {
  if (log.kind === 'none') return ['--log-path', 'none'];
  if (log.kind === 'file') return ['--log-path', `k8s-file:${log.path}`];
  return ['--log-path', 'journald:', '--name', log.name, '--log-tag', log.tag];
}

/** Of the container that a monitor with this exit directory has; of another process, undefined. */
export function monitoredIdOf(commandLine: string, exitDirectory: string): string | undefined {
  if (!commandLine.includes(`\0--exit-dir\0${exitDirectory}\0`)) return undefined;
  return /\0--cid\0([^\0]+)\0/.exec(commandLine)?.[1];
}
