/**
 * The terminals the host holds. They live until closed or until their process ends and
 * `ENDED_LIMIT` newer ones have ended after them; at most `RUNNING_LIMIT` run at a time.
 */
import { randomUUID } from 'node:crypto';
import { EngineError } from '../../engine/contract/errors.ts';
import type { EngineClient } from '../client/engine-client.ts';
import type { TerminalOutput, TerminalSession as TerminalInfo } from '../ipc/contract.ts';
import type { StreamChannel } from './stream-channel.ts';
import { TerminalSession, type TerminalRequest } from './terminal-session.ts';

const RUNNING_LIMIT = 64;
const ENDED_LIMIT = 16;

export class Terminals {
  readonly #client: EngineClient;
  readonly #sessions = new Map<string, TerminalSession>();
  #opening = 0;

  constructor(client: EngineClient) {
    this.#client = client;
  }

  async open(request: TerminalRequest): Promise<{ terminalId: string }> {
    const running = [...this.#sessions.values()].filter((session) => session.running).length;
    if (running + this.#opening >= RUNNING_LIMIT)
      throw new EngineError('unavailable', `${RUNNING_LIMIT} terminals are open already`);
    this.#opening++;
    try {
      const session = await TerminalSession.open(this.#client, randomUUID(), request);
      this.#sessions.set(session.terminalId, session);
      this.#forgetOldest();
      return { terminalId: session.terminalId };
    } finally {
      this.#opening--;
    }
  }

  list(containerId: string): readonly TerminalInfo[] {
    return [...this.#sessions.values()]
      .map((session) => session.info)
      .filter((info) => info.containerId === containerId);
  }

  attach(terminalId: string, channel: StreamChannel<TerminalOutput>): void {
    this.#find(terminalId).attach(channel);
  }

  resize(terminalId: string, columns: number, rows: number): Promise<void> {
    return this.#find(terminalId).resize(columns, rows);
  }

  /** Idempotent. */
  async close(terminalId: string): Promise<void> {
    const session = this.#sessions.get(terminalId);
    this.#sessions.delete(terminalId);
    await session?.close();
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#sessions.keys()].map((terminalId) => this.close(terminalId)));
  }

  #find(terminalId: string): TerminalSession {
    const session = this.#sessions.get(terminalId);
    if (!session) throw new EngineError('not-found', 'the terminal was closed');
    return session;
  }

  #forgetOldest(): void {
    const ended = [...this.#sessions.values()].filter((session) => !session.running);
    for (const session of ended.slice(0, Math.max(0, ended.length - ENDED_LIMIT)))
      this.#sessions.delete(session.terminalId);
  }
}
