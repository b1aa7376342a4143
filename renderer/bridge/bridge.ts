/**
 * The window's whole conversation with its host. Nothing else in the renderer touches
 * `window.gantry`. Calls reject with `BridgeCallError`; streams obey credit in both directions and
 * end exactly once.
 */
import type {
  BridgeApi,
  BridgeError,
  CallName,
  Calls,
  EventName,
  Events,
  StreamName,
  Streams,
} from '../../electron/ipc/contract.ts';
import { BridgeStream, type StreamHandlers } from './stream.ts';

declare global {
  interface Window {
    /** Put there by Electron's preload; absent in a browser. */
    readonly gantry?: BridgeApi;
  }
}

/** What the engine or the host refused, in its own words. */
export class BridgeCallError extends Error {
  readonly code: string;

  constructor(error: BridgeError) {
    super(error.message);
    this.name = 'BridgeCallError';
    this.code = error.code;
  }
}

type CallArguments<N extends CallName> = Calls[N][0] extends void ? [] : [argument: Calls[N][0]];

export class Bridge {
  readonly #api: BridgeApi;

  constructor(api: BridgeApi) {
    this.#api = api;
  }

  async call<N extends CallName>(name: N, ...[argument]: CallArguments<N>): Promise<Calls[N][1]> {
    const reply = await this.#api.call(name, argument as Calls[N][0]);
    if (!reply.ok) throw new BridgeCallError(reply.error);
    return reply.value;
  }

  /** Returns the function that stops listening. */
  on<N extends EventName>(name: N, listener: (payload: Events[N]) => void): () => void {
    return this.#api.on(name, listener);
  }

  openStream<N extends StreamName>(
    name: N,
    argument: Streams[N][0],
    handlers: StreamHandlers<Streams[N][1]>,
  ): BridgeStream<Streams[N][1], Streams[N][2]> {
    return new BridgeStream(this.#api.openStream(name, argument), handlers);
  }
}

/** The message a person sees for anything thrown by a call. */
export function problemOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
