/** Both ends of a stream in one object: the window's port, and `send`/`end` for what plays the host. */
import { INITIAL_CREDIT, type StreamFrame } from '../../electron/ipc/contract.ts';

export class MemoryPort {
  onInput: (message: Uint8Array) => void = () => {};
  onClose: () => void = () => {};
  onCredit: () => void = () => {};
  credit = INITIAL_CREDIT;
  isOpen = true;
  #listener: ((frame: StreamFrame<unknown>) => void) | null = null;
  #early: StreamFrame<unknown>[] = [];

  post(frame: StreamFrame<unknown>): void {
    if (frame.type === 'message') {
      this.onInput(frame.message as Uint8Array);
      this.#deliver({ type: 'credit', messages: 1 });
    } else if (frame.type === 'credit') {
      this.credit += frame.messages;
      this.onCredit();
    } else if (frame.type === 'close') {
      this.isOpen = false;
      this.onClose();
    }
  }

  onFrame(listener: (frame: StreamFrame<unknown>) => void): void {
    this.#listener = listener;
    for (const frame of this.#early.splice(0)) listener(frame);
  }

  send(message: unknown): void {
    this.credit -= 1;
    this.#deliver({ type: 'message', message });
  }

  end(): void {
    this.isOpen = false;
    this.#deliver({ type: 'end' });
  }

  #deliver(frame: StreamFrame<unknown>): void {
    setTimeout(() => {
      if (this.#listener) this.#listener(frame);
      else this.#early.push(frame);
    }, 0);
  }
}
