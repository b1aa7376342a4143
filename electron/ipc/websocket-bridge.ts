/**
 * `BridgeApi` over a WebSocket: what stands in for the preload when the window is a browser tab.
 *
 * Guarantees: one connection, reconnected with back-off for as long as the page lives; a call made
 * while it is down waits for it (`CONNECT_PATIENCE_MS`), a call whose answer is lost fails with
 * `host-gone`; a stream that is open when the connection ends gets `end` with `host-gone`, and its
 * owner opens it again. Listeners stay subscribed: while the host is away they see the engine `lost`,
 * and once it is back (or was late) they are sent the whole state anew, so a window that follows
 * events misses nothing.
 */
import type {
  BridgeApi,
  CallName,
  Calls,
  EngineStatus,
  EventName,
  Events,
  HostState,
  Reply,
  StreamFrame,
  StreamName,
  StreamPort,
  Streams,
} from './contract.ts';
import {
  decodeHostMessage,
  encodeWindowMessage,
  HOST_GONE,
  type HostMessage,
  type WindowMessage,
} from './websocket.ts';

/** The part of the browser's `WebSocket` that is used, so that tests bring their own. */
export interface Socket {
  binaryType: string;
  readonly readyState: number;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(): void;
  addEventListener(type: 'open' | 'close', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
}

export interface WebSocketBridgeOptions {
  readonly connect: () => Socket;
  /** Opens a link; in a tab the host cannot. */
  readonly openExternal: (url: string) => void;
}

const CONNECTING = 0;
const OPEN = 1;
const BACK_OFF_MS = [100, 250, 500, 1000, 2000, 5000];
const CONNECT_PATIENCE_MS = 5000;

interface PendingCall {
  readonly name: CallName;
  readonly message: WindowMessage;
  readonly settle: (reply: Reply<unknown>) => void;
  sent: boolean;
}

interface Channel {
  readonly open: WindowMessage;
  readonly port: ChannelPort;
  sent: boolean;
}

/** The bridge of this page, to the host it came from. */
export function createWebSocketBridge(page: Window & typeof globalThis = window): BridgeApi {
  const address = new URL('/bridge', page.location.href);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  return new WebSocketBridge({
    connect: () => new page.WebSocket(address) as Socket,
    openExternal: (url) => void page.open(url, '_blank', 'noopener,noreferrer'),
  });
}

export class WebSocketBridge implements BridgeApi {
  readonly #options: WebSocketBridgeOptions;
  readonly #calls = new Map<number, PendingCall>();
  readonly #channels = new Map<number, Channel>();
  readonly #listeners = new Map<EventName, Set<(payload: never) => void>>();
  #socket: Socket;
  #nextId = 1;
  #failures = 0;
  #connectedBefore = false;
  #closed = false;
  #lastEngine: EngineStatus | undefined;

  constructor(options: WebSocketBridgeOptions) {
    this.#options = options;
    this.#socket = this.#connect();
  }

  call<N extends CallName>(name: N, argument: Calls[N][0]): Promise<Reply<Calls[N][1]>> {
    if (name === 'external.open') return Promise.resolve(this.#openExternal(argument));
    const callId = this.#nextId++;
    return new Promise((resolve) => {
      const settle = resolve as (reply: Reply<unknown>) => void;
      const message: WindowMessage = { kind: 'call', callId, name, argument };
      const call: PendingCall = { name, message, settle, sent: this.#post(message) };
      this.#calls.set(callId, call);
      if (!call.sent) setTimeout(() => call.sent || this.#lose(callId), CONNECT_PATIENCE_MS);
    });
  }

  on<N extends EventName>(name: N, listener: (payload: Events[N]) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener as (payload: never) => void));
    return () => listeners.delete(listener as (payload: never) => void);
  }

  openStream<N extends StreamName>(name: N, argument: Streams[N][0]): StreamPort<N> {
    const channel = this.#nextId++;
    const port = new ChannelPort((frame) => {
      if (frame.type === 'close') this.#channels.delete(channel);
      this.#post({ kind: 'frame', channel, frame });
    });
    const open: WindowMessage = { kind: 'open', channel, name, argument };
    const sent = this.#post(open);
    if (sent || this.#socket.readyState === CONNECTING)
      this.#channels.set(channel, { open, port, sent });
    else queueMicrotask(() => port.deliver({ type: 'end', error: HOST_GONE }));
    return port as unknown as StreamPort<N>;
  }

  /** Ends the connection for good. */
  close(): void {
    this.#closed = true;
    this.#socket.close();
  }

  #connect(): Socket {
    const socket = this.#options.connect();
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => this.#onOpen());
    socket.addEventListener('message', ({ data }) =>
      this.#onMessage(
        decodeHostMessage(typeof data === 'string' ? data : new Uint8Array(data as ArrayBuffer)),
      ),
    );
    socket.addEventListener('close', () => this.#onClose());
    return socket;
  }

  #onOpen(): void {
    const isFirstTry = !this.#connectedBefore && this.#failures === 0;
    this.#connectedBefore = true;
    this.#failures = 0;
    for (const call of this.#calls.values()) call.sent ||= this.#post(call.message);
    for (const channel of this.#channels.values()) channel.sent ||= this.#post(channel.open);
    if (!isFirstTry) void this.#tellStateAnew();
  }

  #onMessage(message: HostMessage): void {
    if (message.kind === 'event') {
      if (message.name === 'engine') this.#lastEngine = message.payload as EngineStatus;
      this.#emit(message.name, message.payload);
    } else if (message.kind === 'reply') {
      this.#settle(message.callId, message.reply);
    } else {
      const channel = this.#channels.get(message.channel);
      if (message.frame.type === 'end') this.#channels.delete(message.channel);
      channel?.port.deliver(message.frame);
    }
  }

  #onClose(): void {
    for (const [callId, call] of this.#calls) if (call.sent) this.#lose(callId);
    const channels = [...this.#channels.values()];
    this.#channels.clear();
    for (const { port } of channels) port.deliver({ type: 'end', error: HOST_GONE });
    if (this.#closed) return;
    const delayMs = BACK_OFF_MS[Math.min(this.#failures++, BACK_OFF_MS.length - 1)];
    setTimeout(() => {
      if (!this.#closed) this.#socket = this.#connect();
    }, delayMs);
    if (this.#lastEngine && this.#lastEngine.phase !== 'lost') this.#tellLost(this.#lastEngine);
  }

  #tellLost(last: EngineStatus): void {
    const problem = { message: HOST_GONE.message, logTail: [] };
    this.#lastEngine = { ...last, phase: 'lost', stage: 'connect', problem };
    this.#emit('engine', this.#lastEngine);
  }

  async #tellStateAnew(): Promise<void> {
    const reply = (await this.call('state.read', undefined)) as Reply<HostState>;
    if (!reply.ok) return;
    this.#emit('engine', reply.value.engine);
    if (reply.value.watch) this.#emit('watch', [reply.value.watch]);
    this.#emit('tasks', reply.value.tasks);
    this.#emit('settings', reply.value.settings);
  }

  #emit(name: EventName, payload: unknown): void {
    for (const listener of this.#listeners.get(name) ?? []) listener(payload as never);
  }

  #post(message: WindowMessage): boolean {
    if (this.#socket.readyState !== OPEN) return false;
    this.#socket.send(encodeWindowMessage(message));
    return true;
  }

  #settle(callId: number, reply: Reply<unknown>): void {
    const call = this.#calls.get(callId);
    this.#calls.delete(callId);
    if (call?.name === 'state.read' && reply.ok)
      this.#lastEngine = (reply.value as HostState).engine;
    call?.settle(reply);
  }

  #lose(callId: number): void {
    this.#settle(callId, { ok: false, error: HOST_GONE });
  }

  #openExternal(argument: unknown): Reply<never> {
    const { url } = argument as { url: string };
    if (!/^https?:\/\//i.test(url))
      return { ok: false, error: { code: 'invalid-argument', message: `cannot open ${url}` } };
    this.#options.openExternal(url);
    return { ok: true, value: undefined as never };
  }
}

/** The window's end of a channel: keeps frames until somebody listens. */
class ChannelPort {
  readonly #post: (frame: StreamFrame<Uint8Array>) => void;
  #listener: ((frame: StreamFrame<unknown>) => void) | undefined;
  /** Bounded by the credit a stream opens with. */
  #early: StreamFrame<unknown>[] = [];

  constructor(post: (frame: StreamFrame<Uint8Array>) => void) {
    this.#post = post;
  }

  post(frame: StreamFrame<Uint8Array>): void {
    this.#post(frame);
  }

  onFrame(listener: (frame: StreamFrame<unknown>) => void): void {
    this.#listener = listener;
    const early = this.#early;
    this.#early = [];
    early.forEach(listener);
  }

  deliver(frame: StreamFrame<unknown>): void {
    if (this.#listener) this.#listener(frame);
    else this.#early.push(frame);
  }
}
