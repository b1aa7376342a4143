/**
 * One terminal: an exec with a TTY whose connection the host holds, so that it goes on while windows
 * navigate, reload and close.
 *
 * What it printed is kept in a ring of `REPLAY_BYTES`; every viewer reads the ring at its own pace,
 * replay first. While a viewer lags by `LAG_LIMIT_BYTES` the process is not read from, so nobody loses
 * output and nothing piles up; without viewers the process runs freely and the ring forgets. A
 * viewer's last message is `exit`; a session that ended still replays until it is closed.
 */
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { EngineError } from '../../engine/contract/errors.ts';
import { EXEC_ROUTES } from '../../engine/contract/exec.ts';
import type { EngineClient } from '../client/engine-client.ts';
import type { TerminalOutput, TerminalSession as TerminalInfo } from '../ipc/contract.ts';
import { ReplayRing } from './replay-ring.ts';
import type { StreamChannel } from './stream-channel.ts';
import { hangUp, terminalMark } from './terminal-hang-up.ts';

const REPLAY_BYTES = 1 << 20;
const MESSAGE_BYTES = 64 << 10;
const LAG_LIMIT_BYTES = 512 << 10;
/** Input the process has not taken yet (bytes). */
const INPUT_LIMIT_BYTES = 1 << 20;
/** How long the programs of a terminal may take to leave after it was closed. */
const LEAVE_MS = 2000;

export interface TerminalRequest {
  readonly containerId: string;
  readonly shell: string;
  readonly user?: string | undefined;
  readonly columns: number;
  readonly rows: number;
}

interface Viewer {
  readonly channel: StreamChannel<TerminalOutput>;
  /** Place in the ring of the next byte to send. */
  position: number;
}

export class TerminalSession {
  readonly terminalId: string;
  readonly #client: EngineClient;
  readonly #request: TerminalRequest;
  readonly #execId: string;
  readonly #connection: Duplex;
  readonly #ring = new ReplayRing(REPLAY_BYTES);
  readonly #viewers = new Set<Viewer>();
  /** Undefined while it runs; null when the exit code is not known. */
  #exitCode: number | null | undefined;

  /** Starts the shell; rejects when the engine refuses. */
  static async open(
    client: EngineClient,
    terminalId: string,
    request: TerminalRequest,
  ): Promise<TerminalSession> {
    const size: [number, number] = [request.rows, request.columns];
    const { Id: execId } = await client.call(EXEC_ROUTES.execCreate, {
      params: { id: request.containerId },
      body: {
        AttachStdin: true,
        AttachStdout: true,
        AttachStderr: true,
        Tty: true,
        ConsoleSize: size,
        Env: ['TERM=xterm-256color', 'COLORTERM=truecolor', terminalMark(terminalId)],
        Cmd: [request.shell],
        ...(request.user !== undefined && { User: request.user }),
      },
    });
    const connection = await client.hijack(EXEC_ROUTES.execStart, {
      params: { id: execId },
      body: { Detach: false, Tty: true, ConsoleSize: size },
    });
    return new TerminalSession(client, terminalId, request, execId, connection);
  }

  private constructor(
    client: EngineClient,
    terminalId: string,
    request: TerminalRequest,
    execId: string,
    connection: Duplex,
  ) {
    this.terminalId = terminalId;
    this.#client = client;
    this.#request = request;
    this.#execId = execId;
    this.#connection = connection;
    connection
      .on('data', (bytes: Uint8Array) => this.#receive(bytes))
      .on('error', () => {}) // 'close' follows
      .once('end', () => connection.end())
      .once('close', () => void this.#finish());
  }

  get info(): TerminalInfo {
    return {
      terminalId: this.terminalId,
      containerId: this.#request.containerId,
      shell: this.#request.shell,
      running: this.running,
    };
  }

  get running(): boolean {
    return this.#exitCode === undefined;
  }

  /** Adds a viewer; it leaves when its channel is over. */
  attach(channel: StreamChannel<TerminalOutput>): void {
    const viewer: Viewer = { channel, position: this.#ring.replayStart() };
    this.#viewers.add(viewer);
    channel.signal.addEventListener('abort', () => this.#leave(viewer), { once: true });
    channel.whenCredited(() => this.#pump(viewer));
    channel.whenInput((bytes) => this.#write(channel, bytes));
    this.#pump(viewer);
  }

  async resize(columns: number, rows: number): Promise<void> {
    if (!this.running) return;
    await this.#client.call(EXEC_ROUTES.execResize, {
      params: { id: this.#execId },
      query: { h: String(rows), w: String(columns) },
    });
  }

  /** Ends everybody's view of it, and the shell as closing a terminal's window does. */
  async close(): Promise<void> {
    for (const { channel } of this.#viewers) channel.end();
    if (this.#connection.destroyed) return;
    const signal = AbortSignal.timeout(LEAVE_MS);
    const left = once(this.#connection.resume(), 'close', { signal });
    await Promise.allSettled([left, hangUp(this.#client, this.#request, this.terminalId, signal)]);
    this.#connection.destroy();
  }

  #receive(bytes: Uint8Array): void {
    this.#ring.push(bytes);
    for (const viewer of this.#viewers) this.#pump(viewer);
    this.#regulate();
  }

  #pump(viewer: Viewer): void {
    const { channel } = viewer;
    while (channel.credit > 0 && viewer.position < this.#ring.end) {
      const bytes = this.#ring.read(viewer.position, MESSAGE_BYTES);
      viewer.position += bytes.length;
      channel.post({ kind: 'data', bytes });
    }
    if (this.#exitCode !== undefined && channel.credit > 0) {
      channel.post({ kind: 'exit', exitCode: this.#exitCode });
      channel.end();
    }
    this.#regulate();
  }

  #leave(viewer: Viewer): void {
    this.#viewers.delete(viewer);
    this.#regulate();
  }

  /** Reads from the process only while every viewer keeps up. */
  #regulate(): void {
    const lagging = [...this.#viewers].some(
      (viewer) => this.#ring.end - viewer.position >= LAG_LIMIT_BYTES,
    );
    if (lagging) this.#connection.pause();
    else if (this.#connection.isPaused()) this.#connection.resume();
  }

  #write(channel: StreamChannel<TerminalOutput>, bytes: Uint8Array): void {
    if (!this.running || !this.#connection.writable) return;
    if (this.#connection.writableLength + bytes.length > INPUT_LIMIT_BYTES) {
      channel.end(new EngineError('unavailable', 'the terminal does not take its input'));
      return;
    }
    this.#connection.write(bytes, () => channel.grant(1));
  }

  async #finish(): Promise<void> {
    this.#exitCode = await this.#client
      .call(EXEC_ROUTES.execInspect, { params: { id: this.#execId } })
      .then(({ ExitCode }) => ExitCode ?? null)
      .catch(() => null); // the engine, or the container with its execs, is gone
    for (const viewer of this.#viewers) this.#pump(viewer);
  }
}
