/**
 * The engine on the Linux machine the app runs on: found by its socket, started as a process of its
 * own that outlives the app, its output in a log file that is rotated at each start.
 *
 * An engine is started from here only where its command is known: that of the default socket, or one
 * given for another. A socket named without a command belongs to an engine whose roots nobody here
 * knows; it is waited for.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { watch as watchPath } from 'node:fs';
import { access, constants, open } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineClient } from '../client/engine-client.ts';
import { EngineGoneError, type EngineAddress } from '../client/engine-connection.ts';
import { EngineProblem, type EngineHost, type EnginePresence } from './engine-host.ts';
import { openRotated } from './rotated-log.ts';

export const DEFAULT_SOCKET = '/run/gantry/gantry.sock';
export const DEFAULT_LOG = '/var/log/gantry/gantryd.log';

/** Programs without which no container starts; one of each line will do. */
const REQUIRED_PROGRAMS = [['crun', 'runc'], ['conmon'], ['nft'], ['ip']] as const;
const PROGRAM_FOLDERS = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
];
const LOG_TAIL_LINES = 40;
const LOG_TAIL_BYTES = 32 << 10;
const PING_EVERY_MS = 50;

export interface NativeEngineOptions {
  readonly socketPath?: string | undefined;
  /** Program and arguments that start the engine of this socket; absent where none is known. */
  readonly command?: readonly string[] | undefined;
  readonly logPath?: string | undefined;
}

export class NativeEngineHost implements EngineHost {
  readonly address: EngineAddress;
  readonly #command: readonly string[] | undefined;
  readonly #logPath: string;
  readonly #client: EngineClient;

  constructor(options: NativeEngineOptions) {
    this.address = { socketPath: options.socketPath ?? DEFAULT_SOCKET };
    this.#command = options.command;
    this.#logPath = options.logPath ?? DEFAULT_LOG;
    this.#client = new EngineClient(this.address);
  }

  get isStartable(): boolean {
    return this.#command !== undefined;
  }

  async locate(signal: AbortSignal): Promise<EnginePresence> {
    try {
      await this.#client.ping(signal);
      return 'answering';
    } catch (error) {
      signal.throwIfAborted();
      const errno = error instanceof EngineGoneError ? error.errno : undefined;
      if (errno === 'ENOENT') return 'absent';
      if (errno === 'ECONNREFUSED') return 'crashed';
      if (errno === 'EACCES')
        throw new EngineProblem((error as Error).message, 'not-in-group', { cause: error });
      throw error;
    }
  }

  async start(signal: AbortSignal): Promise<void> {
    if (!this.#command)
      throw new EngineProblem(`nobody knows how to start the engine of ${this.address.socketPath}`);
    if (process.getuid?.() !== 0)
      throw new EngineProblem('starting the engine takes root', 'needs-root');
    const missing = await missingPrograms();
    if (missing.length > 0)
      throw new EngineProblem(`missing programs: ${missing.join(', ')}`, 'install-packages');
    const engine = await this.#spawn(this.#command);
    await this.#answers(engine, signal);
  }

  async logTail(): Promise<readonly string[]> {
    const file = await open(this.#logPath).catch(() => undefined);
    if (!file) return [];
    try {
      const { size } = await file.stat();
      const from = Math.max(0, size - LOG_TAIL_BYTES);
      const { buffer, bytesRead } = await file.read({
        buffer: Buffer.alloc(LOG_TAIL_BYTES),
        position: from,
      });
      const lines = buffer.toString('utf8', 0, bytesRead).trimEnd().split('\n');
      return (from > 0 ? lines.slice(1) : lines).slice(-LOG_TAIL_LINES);
    } finally {
      await file.close();
    }
  }

  /** Watches the socket's folder, or the nearest one above it that exists. */
  watch(listener: () => void): () => void {
    for (let folder = path.dirname(this.address.socketPath); ; folder = path.dirname(folder)) {
      try {
        const watcher = watchPath(folder, { persistent: false }, () => listener());
        watcher.on('error', () => watcher.close()); // the folder went away; the back-off looks again
        return () => watcher.close();
      } catch {
        if (folder === path.dirname(folder)) return () => {};
      }
    }
  }

  async #spawn([program = '', ...args]: readonly string[]): Promise<ChildProcess> {
    await using log = await openRotated(this.#logPath);
    const engine = spawn(program, args, {
      cwd: '/',
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    engine.unref();
    await new Promise((resolve, reject) => engine.once('spawn', resolve).once('error', reject));
    return engine;
  }

  async #answers(engine: ChildProcess, signal: AbortSignal): Promise<void> {
    while (engine.exitCode === null && engine.signalCode === null) {
      if ((await this.locate(signal).catch(() => 'absent')) === 'answering') return;
      await sleep(PING_EVERY_MS, undefined, { signal });
    }
    throw new EngineProblem(
      `the engine ended at once with ${engine.signalCode ?? `status ${engine.exitCode}`}`,
      'engine-exited',
    );
  }
}

async function missingPrograms(): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const choices of REQUIRED_PROGRAMS) {
    const found = await Promise.all(choices.map(isInstalled));
    if (!found.includes(true)) missing.push(choices[0]);
  }
  return missing;
}

async function isInstalled(program: string): Promise<boolean> {
  const folders = [...(process.env['PATH'] ?? '').split(':').filter(Boolean), ...PROGRAM_FOLDERS];
  for (const folder of folders) {
    const found = await access(path.join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}
