/**
 * The window's end of one stream. The host may send only what it was granted: credit goes back when
 * the handler has taken a message in, so a slow window slows the engine instead of filling memory.
 * What the window sends waits for the host's credit in the same way. `onEnd` is called at most once,
 * and never after `close()`.
 */
import { INITIAL_CREDIT, type BridgeError, type StreamFrame } from '../../electron/ipc/contract.ts';

export interface StreamHandlers<Incoming> {
  /** The next credit is granted when the returned promise resolves; at once without one. */
  onMessage(message: Incoming): void | Promise<void>;
  onEnd(error: BridgeError | undefined): void;
}

export interface FramePort<Incoming, Outgoing> {
  post(frame: StreamFrame<Outgoing>): void;
  onFrame(listener: (frame: StreamFrame<Incoming>) => void): void;
}

/** Credit is returned in lots, so that a busy stream does not answer every message with one. */
const CREDIT_LOT = INITIAL_CREDIT / 4;

export class BridgeStream<Incoming, Outgoing> {
  readonly #port: FramePort<Incoming, Outgoing>;
  readonly #handlers: StreamHandlers<Incoming>;
  #taken = 0;
  #sendable = INITIAL_CREDIT;
  #waiting: Outgoing[] = [];
  #open = true;

  constructor(port: FramePort<Incoming, Outgoing>, handlers: StreamHandlers<Incoming>) {
    this.#port = port;
    this.#handlers = handlers;
    port.onFrame((frame) => this.#take(frame));
  }

  send(message: Outgoing): void {
    if (!this.#open) return;
    this.#waiting.push(message);
    this.#flush();
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#waiting = [];
    this.#port.post({ type: 'close' });
  }

  #take(frame: StreamFrame<Incoming>): void {
    if (!this.#open) return;
    if (frame.type === 'message') void this.#deliver(frame.message);
    else if (frame.type === 'credit') {
      this.#sendable += frame.messages;
      this.#flush();
    } else {
      this.#open = false;
      this.#handlers.onEnd(frame.type === 'end' ? frame.error : undefined);
    }
  }

  async #deliver(message: Incoming): Promise<void> {
    await this.#handlers.onMessage(message);
    this.#taken += 1;
    if (!this.#open || this.#taken < CREDIT_LOT) return;
    this.#port.post({ type: 'credit', messages: this.#taken });
    this.#taken = 0;
  }

  #flush(): void {
    while (this.#sendable > 0 && this.#waiting.length > 0) {
      this.#sendable -= 1;
      this.#port.post({ type: 'message', message: this.#waiting.shift() as Outgoing });
    }
  }
}
