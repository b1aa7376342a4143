/**
 * The host's end of one stream of a window, with credit flow control: nothing is posted beyond what
 * the window granted, so whoever feeds a channel stops reading its source meanwhile. Frames of the
 * window are checked; a wrong one ends the stream. `signal` aborts when the stream is over for
 * whatever reason: the window closed it or died, or the host ended it.
 */
import { EngineError } from '../../engine/contract/errors.ts';
import { INITIAL_CREDIT, type StreamFrame } from '../ipc/contract.ts';
import { WINDOW_FRAME } from '../ipc/schemas.ts';
import { toBridgeError } from './bridge-error.ts';

/** What a transport (Electron MessagePort, WebSocket channel) brings. */
export interface HostPort {
  post(frame: StreamFrame<unknown>): void;
  /** Called once per stream; `onFrame` is given whatever the window sent, `onGone` when it died. */
  listen(onFrame: (frame: unknown) => void, onGone: () => void): void;
  /** The stream is over; nothing is posted any more. */
  close(): void;
}

/** Credit a window can pile up; more would be no flow control. */
const CREDIT_LIMIT = 10_000;

export class StreamChannel<Message> {
  readonly #port: HostPort;
  readonly #over = new AbortController();
  #credit = INITIAL_CREDIT;
  #onCredit: () => void = () => {};
  #onInput: (bytes: Uint8Array) => void = () => {};

  constructor(port: HostPort) {
    this.#port = port;
    port.listen(
      (frame) => this.#receive(frame),
      () => this.#finish(),
    );
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Messages that may be posted now. */
  get credit(): number {
    return this.#over.signal.aborted ? 0 : this.#credit;
  }

  /** Posts one message; the caller has seen `credit` above 0. */
  post(message: Message): void {
    if (this.#over.signal.aborted) return;
    this.#credit--;
    this.#port.post({ type: 'message', message });
  }

  /** Resolves when a message may be posted; rejects when the stream is over. */
  async ready(): Promise<void> {
    while (this.#credit <= 0 && !this.#over.signal.aborted)
      await new Promise<void>((resolve) => (this.#onCredit = resolve));
    this.#over.signal.throwIfAborted();
  }

  /** Calls back whenever the window grants more. Either this or `ready` is used on a channel. */
  whenCredited(listener: () => void): void {
    this.#onCredit = listener;
  }

  whenInput(listener: (bytes: Uint8Array) => void): void {
    this.#onInput = listener;
  }

  /** Lets the window send as many more messages. */
  grant(messages: number): void {
    if (!this.#over.signal.aborted) this.#port.post({ type: 'credit', messages });
  }

  /** Tells the window that nothing more comes, and why when it is a failure. Idempotent. */
  end(error?: unknown): void {
    if (this.#over.signal.aborted) return;
    this.#port.post(
      error === undefined ? { type: 'end' } : { type: 'end', error: toBridgeError(error) },
    );
    this.#finish();
  }

  #receive(frame: unknown): void {
    if (this.#over.signal.aborted) return;
    const parsed = WINDOW_FRAME.safeParse(frame);
    if (!parsed.success) return this.end(new EngineError('invalid-argument', 'not a frame'));
    if (parsed.data.type === 'close') this.#finish();
    else if (parsed.data.type === 'message') this.#onInput(parsed.data.message);
    else if (parsed.data.type === 'credit') {
      this.#credit = Math.min(this.#credit + parsed.data.messages, CREDIT_LIMIT);
      this.#onCredit();
    }
  }

  #finish(): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort(new EngineError('cancelled', 'the stream was closed'));
    this.#port.close();
    this.#onCredit(); // whoever waits for credit learns that none will come
  }
}

/**
 * Sends every message of `source` as the window takes them, then ends the stream, with the error
 * where the source fails. The source is not read while there is no credit, and is closed at the end.
 */
export async function feed<Message>(
  channel: StreamChannel<Message>,
  source: AsyncIterable<Message>,
): Promise<void> {
  try {
    for await (const message of source) {
      await channel.ready();
      channel.post(message);
    }
    channel.end();
  } catch (error) {
    channel.end(error); // says nothing when the stream is over already
  }
}
