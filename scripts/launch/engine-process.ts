/**
 * The engine as a process of its own: started detached, so that it outlives the window and the
 * terminal; its log is kept beside its data and never grows past `LOG_LIMIT_BYTES` between starts.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { request } from 'node:http';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../../engine/config.ts';
import { REPOSITORY } from '../bundle/targets.ts';

const START_DEADLINE_MS = 20_000;
const LOG_LIMIT_BYTES = 10 << 20;
const LOG_TAIL_LINES = 20;

/** Resolves once the engine answers; throws with the end of its log when it does not come up. */
export async function ensureEngine(config: Config, args: readonly string[]): Promise<void> {
  const host = config.hosts[0] ?? '';
  if (await answers(host)) {
    console.log(`The engine is running at ${host}`);
    return;
  }
  if (process.platform !== 'linux')
    throw new Error(`No engine answers at ${host}, and one can only be started on Linux so far.`);
  const program = join(REPOSITORY, 'build/engine/gantryd.mjs');
  const command = [process.execPath, program, ...args];
  if (process.getuid?.() === 0) {
    const log = openLog(join(config.dataRoot, 'gantryd.log'));
    await untilUp(start(command, log.descriptor), host, log.path);
  } else {
    await startWithPolkit(command, host);
  }
  console.log(`The engine listens at ${host}`);
}

/** Asks for the administrator's password where the desktop can; otherwise says what to run. */
async function startWithPolkit(command: readonly string[], host: string): Promise<void> {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  if ((DISPLAY ?? WAYLAND_DISPLAY) === undefined || !isOnPath('pkexec')) {
    throw new Error(
      `The engine needs root, and no engine answers at ${host}. Start it, then try again:\n\n` +
        `  sudo --background ${command.join(' ')}\n`,
    );
  }
  console.log('The engine needs root: asking for permission …');
  const log = openLog(join(homedir(), '.cache/gantry/gantryd.log'));
  await untilUp(start(['pkexec', ...command], log.descriptor), host, log.path);
}

function start([program = '', ...args]: readonly string[], log: number): ChildProcess {
  const child = spawn(program, args, { detached: true, stdio: ['ignore', log, log], cwd: '/' });
  child.unref();
  return child;
}

async function untilUp(child: ChildProcess, host: string, logPath: string): Promise<void> {
  let ended: string | undefined;
  child.once('exit', (status, signal) => (ended = `ended with ${status ?? signal}`));
  child.once('error', (error) => (ended = error.message));
  const deadline = performance.now() + START_DEADLINE_MS;
  while (!(await answers(host))) {
    if (performance.now() > deadline) ended = `does not answer after ${START_DEADLINE_MS} ms`;
    if (ended !== undefined)
      throw new Error(`The engine ${ended}. The end of ${logPath}:\n\n${tailOf(logPath)}`);
    await pause(20);
  }
}

function answers(host: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const where = host.startsWith('unix://')
    ? { socketPath: host.slice('unix://'.length) }
    : { host: new URL(host).hostname, port: new URL(host).port };
  request({ ...where, path: '/_ping', timeout: 2_000, agent: false }, (response) => {
    response.resume();
    resolve(response.statusCode === 200);
  })
    .on('timeout', () => resolve(false))
    .on('error', (error: NodeJS.ErrnoException) => {
      // Somebody listens whom this user may not talk to: that is no reason to start another.
      if (error.code === 'EACCES') console.log(`No permission for ${host}: join its group.`);
      resolve(error.code === 'EACCES');
    })
    .end();
  return promise;
}

/**
 * Opens for appending. A log past its limit is first copied away and emptied in place, which is
 * right also for the log of a running engine, since it appends too.
 */
function openLog(path: string): { path: string; descriptor: number } {
  mkdirSync(dirname(path), { recursive: true });
  if (existsSync(path) && statSync(path).size > LOG_LIMIT_BYTES) {
    copyFileSync(path, `${path}.1`);
    truncateSync(path);
  }
  return { path, descriptor: openSync(path, 'a', 0o640) };
}

function tailOf(path: string): string {
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n');
}

function isOnPath(program: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => existsSync(join(folder, program)));
}
