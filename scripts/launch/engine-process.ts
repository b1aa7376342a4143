/**
 * The engine as a process of its own: started detached, so that it outlives the window and the
 * terminal, its output in a log that is rotated at each start.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { DEFAULT_LOG, NativeEngineHost } from '../../electron/engine-host/native-engine-host.ts';
import { openRotated } from '../../electron/engine-host/rotated-log.ts';
import type { Config } from '../../engine/config.ts';
import { REPOSITORY } from '../bundle/targets.ts';

const START_DEADLINE_MS = 20_000;
const DEFAULT_DATA_ROOT = '/var/lib/gantry';

/**
 * Resolves with the engine's socket once it answers there; throws with the end of its log when it
 * does not come up.
 */
export async function ensureEngine(config: Config, args: readonly string[]): Promise<string> {
  const socketPath = unixSocketOf(config);
  const logPath = logPathOf(config);
  const host = new NativeEngineHost({ socketPath, logPath });
  if ((await host.locate(AbortSignal.timeout(START_DEADLINE_MS))) === 'answering') {
    console.log(`The engine is running at ${socketPath}`);
    return socketPath;
  }
  if (process.platform !== 'linux')
    throw new Error(`No engine answers at ${socketPath}; so far one can be started on Linux only.`);
  const command = [process.execPath, join(REPOSITORY, 'build/engine/gantryd.cjs'), ...args];
  await using log = await openRotated(logPath);
  await untilUp(start(asRoot(command, socketPath), log.fd), host, logPath);
  console.log(`The engine listens at ${socketPath}, its log is ${logPath}`);
  return socketPath;
}

/** Through polkit where a desktop can ask for permission; otherwise says what to run. */
function asRoot(command: readonly string[], socketPath: string): readonly string[] {
  if (isRoot()) return command;
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  if ((DISPLAY ?? WAYLAND_DISPLAY) !== undefined && isOnPath('pkexec')) {
    console.log('The engine needs root: asking for permission …');
    return ['pkexec', ...command];
  }
  throw new Error(
    `The engine needs root, and none answers at ${socketPath}. Start it, then try again:\n\n` +
      `  sudo --background ${command.join(' ')}\n`,
  );
}

function start([program = '', ...args]: readonly string[], log: number): ChildProcess {
  const child = spawn(program, args, { detached: true, stdio: ['ignore', log, log], cwd: '/' });
  child.unref();
  return child;
}

async function untilUp(
  child: ChildProcess,
  host: NativeEngineHost,
  logPath: string,
): Promise<void> {
  let ended: string | undefined;
  child.once('exit', (status, signal) => (ended = `ended with ${status ?? signal}`));
  child.once('error', (error) => (ended = `cannot be started: ${error.message}`));
  const signal = AbortSignal.timeout(START_DEADLINE_MS);
  while ((await host.locate(signal)) !== 'answering') {
    if (ended !== undefined) {
      const tail = (await host.logTail()).join('\n');
      throw new Error(`The engine ${ended}. The end of ${logPath}:\n\n${tail}`);
    }
    await pause(20, undefined, { signal });
  }
}

function unixSocketOf({ hosts }: Config): string {
  const host = hosts.find((address) => address.startsWith('unix://'));
  if (host === undefined)
    throw new Error('npm start reaches the engine by a unix:// host: give one.');
  return host.slice('unix://'.length);
}

function logPathOf({ dataRoot }: Config): string {
  if (!isRoot()) return join(homedir(), '.cache/gantry/gantryd.log');
  return dataRoot === DEFAULT_DATA_ROOT ? DEFAULT_LOG : join(dataRoot, 'gantryd.log');
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function isOnPath(program: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => existsSync(join(folder, program)));
}
