/**
 * One window's conversation with the host, whatever carries it. Checks every name and argument before
 * anything acts on it, answers every call with a value, bounds what a window may have going on at a
 * time, and ends all streams of a window that died. A window that does not keep up with events is
 * sent the whole state once it does, instead of a growing queue.
 */
import { EngineError } from '../../engine/contract/errors.ts';
import { GANTRY_ROUTES, type LogHit, type LogPage } from '../../engine/contract/gantry.ts';
import type { EngineClient } from '../client/engine-client.ts';
import type {
  EventName,
  Events,
  HostState,
  Reply,
  StreamName,
  TerminalOutput,
} from '../ipc/contract.ts';
import { CALL_SCHEMAS, isCallName, isStreamName, STREAM_SCHEMAS } from '../ipc/schemas.ts';
import { toBridgeError } from './bridge-error.ts';
import type { CallHandlers } from './calls.ts';
import { feed, StreamChannel, type HostPort } from './stream-channel.ts';
import type { Terminals } from './terminals.ts';

const CALL_LIMIT = 256;
const STREAM_LIMIT = 256;

/** The way to one window. */
export interface WindowLink {
  send<N extends EventName>(name: N, payload: Events[N]): void;
  /** True while what was sent has not left yet. */
  isCongested(): boolean;
  /** Whether a person can see it, so that notifications are only sent when nobody does. */
  isVisible(): boolean;
}

export interface WindowSessionParts {
  readonly link: WindowLink;
  readonly client: EngineClient;
  readonly handlers: CallHandlers;
  readonly terminals: Terminals;
  readonly state: () => HostState;
  readonly onClosed: (session: WindowSession) => void;
}

export class WindowSession {
  readonly #parts: WindowSessionParts;
  readonly #streams = new Set<StreamChannel<never>>();
  #calls = 0;
  #isBehind = false;
  #closed = false;

  constructor(parts: WindowSessionParts) {
    this.#parts = parts;
  }

  get isVisible(): boolean {
    return this.#parts.link.isVisible();
  }

  /** Tells the window, or, while it does not take in what it was told, notes that it is behind. */
  send<N extends EventName>(name: N, payload: Events[N]): void {
    if (this.#isBehind || this.#parts.link.isCongested()) this.#isBehind = true;
    else this.#parts.link.send(name, payload);
  }

  /** To be called by the transport when a congested link is free again. */
  onDrained(): void {
    if (!this.#isBehind || this.#parts.link.isCongested()) return;
    this.#isBehind = false;
    const { engine, watch, tasks, settings } = this.#parts.state();
    this.send('engine', engine);
    if (watch) this.send('watch', [watch]);
    this.send('tasks', tasks);
    this.send('settings', settings);
  }

  /** Never rejects. */
  async call(name: unknown, argument: unknown): Promise<Reply<unknown>> {
    if (this.#calls >= CALL_LIMIT)
      return refused(new EngineError('unavailable', `${CALL_LIMIT} calls are under way already`));
    this.#calls++;
    try {
      if (!isCallName(name)) throw new EngineError('invalid-argument', 'no such call');
      const checked = CALL_SCHEMAS[name].parse(argument);
      const handle = this.#parts.handlers[name] as (argument: unknown) => unknown;
      return { ok: true, value: await handle(checked) };
    } catch (error) {
      return refused(error);
    } finally {
      this.#calls--;
    }
  }

  /** Never throws: what cannot be opened is ended with the reason. */
  openStream(name: unknown, argument: unknown, port: HostPort): void {
    const channel = new StreamChannel<never>(port);
    if (this.#closed) return channel.end(new EngineError('cancelled', 'the window is gone'));
    if (this.#streams.size >= STREAM_LIMIT)
      return channel.end(
        new EngineError('unavailable', `${STREAM_LIMIT} streams are open already`),
      );
    this.#streams.add(channel);
    channel.signal.addEventListener('abort', () => this.#streams.delete(channel), { once: true });
    try {
      if (!isStreamName(name)) throw new EngineError('invalid-argument', 'no such stream');
      this.#feed(name, argument, channel);
    } catch (error) {
      channel.end(error);
    }
  }

  /** The window died. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const channel of this.#streams) channel.end();
    this.#parts.onClosed(this);
  }

  #feed(name: StreamName, argument: unknown, channel: StreamChannel<never>): void {
    const { client, terminals } = this.#parts;
    const { signal } = channel;
    switch (name) {
      case 'log.follow': {
        const { id, after } = STREAM_SCHEMAS[name].parse(argument);
        const query = { after };
        void feed<LogPage>(
          channel as StreamChannel<unknown> as StreamChannel<LogPage>,
          client.lines(GANTRY_ROUTES.logFollow, { params: { id }, query, signal }),
        );
        return;
      }
      case 'log.search': {
        const { id, query: q, regex, matchCase, limit } = STREAM_SCHEMAS[name].parse(argument);
        const query = { q, regex, case: matchCase, limit };
        void feed<LogHit>(
          channel as StreamChannel<unknown> as StreamChannel<LogHit>,
          client.lines(GANTRY_ROUTES.logSearch, { params: { id }, query, signal }),
        );
        return;
      }
      case 'terminal': {
        const { terminalId } = STREAM_SCHEMAS[name].parse(argument);
        terminals.attach(
          terminalId,
          channel as StreamChannel<unknown> as StreamChannel<TerminalOutput>,
        );
      }
    }
  }
}

function refused(error: unknown): Reply<never> {
  return { ok: false, error: toBridgeError(error) };
}
