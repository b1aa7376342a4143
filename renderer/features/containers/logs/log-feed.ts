/**
 * Keeps a `LogWindow` on a container's log: tail first, then follows; pages back and forward as the
 * reader moves. One instance for each open log; `close()` ends its stream. Changes reach the listener
 * at most once a frame, and credit goes back with the frame, so a log faster than the screen waits in
 * the engine.
 */
import type { LogPage } from '../../../../electron/ipc/contract.ts';
import { problemOf, type Bridge } from '../../../bridge/bridge.ts';
import type { BridgeStream } from '../../../bridge/stream.ts';
import {
  appended,
  around,
  EMPTY_WINDOW,
  extended,
  indexOfCursor,
  isAtStart,
  prepended,
  windowOf,
  type LogWindow,
} from './log-window.ts';

export interface LogView {
  readonly window: LogWindow;
  readonly phase: 'loading' | 'ready' | 'failed';
  readonly problem: string | null;
  /** Lines that came since the reader left the tail. */
  readonly newLines: number;
  readonly isFollowing: boolean;
}

const TAIL_LINES = 500;
const PAGE_LINES = 500;
const HIT_LINES = 200;
/** Further behind than this, a reader at the tail jumps there instead of watching the past go by. */
const CATCH_UP_BYTES = 4 << 20;
const REOPEN_MS = 1_000;

export class LogFeed {
  readonly #bridge: Bridge;
  readonly #id: string;
  #view: LogView = {
    window: EMPTY_WINDOW,
    phase: 'loading',
    problem: null,
    newLines: 0,
    isFollowing: false,
  };
  #listener: () => void = () => {};
  #stream: BridgeStream<LogPage, never> | null = null;
  /** Where the follower stands: the cursor after the last line it brought. */
  #followedTo = 0;
  #atTail = true;
  #paging = false;
  #closed = false;
  #arrived: LogPage[] = [];
  #frame: Promise<void> | null = null;

  constructor(bridge: Bridge, id: string) {
    this.#bridge = bridge;
    this.#id = id;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listener = listener;
    return () => {
      this.#listener = () => {};
    };
  };

  readonly view = (): LogView => this.#view;

  /** Shows the tail and follows it. Also the way back from anywhere. */
  async toTail(): Promise<void> {
    this.#unfollow();
    try {
      const page = await this.#page({ lines: TAIL_LINES });
      if (this.#closed) return;
      this.#atTail = true;
      this.#show({ window: windowOf(page, true), phase: 'ready', problem: null, newLines: 0 });
      this.#follow(page.next);
    } catch (error) {
      if (!this.#closed) this.#show({ phase: 'failed', problem: problemOf(error) });
    }
  }

  /** The container runs again, or the host is back: goes on where the follower ended. */
  resume(): void {
    if (this.#view.phase === 'failed') void this.toTail();
    else if (!this.#stream && this.#view.phase === 'ready') this.#follow(this.#followedTo);
  }

  close(): void {
    this.#closed = true;
    this.#unfollow();
  }

  /** Tells whether the reader sees the newest line. */
  setAtTail(atTail: boolean): void {
    if (atTail === this.#atTail) return;
    this.#atTail = atTail;
    if (atTail && this.#view.window.isAttached) this.#show({ newLines: 0 });
  }

  async pageBack(): Promise<void> {
    const { window } = this.#view;
    const [first] = window.lines;
    if (!first || isAtStart(window)) return;
    await this.#paged(async () => {
      const page = await this.#page({ before: first.cursor, lines: PAGE_LINES });
      this.#show({ window: prepended(this.#view.window, page) });
    });
  }

  async pageForward(): Promise<void> {
    const { window } = this.#view;
    if (window.isAttached) return;
    await this.#paged(async () => {
      const page = await this.#page({ after: window.next, lines: PAGE_LINES });
      this.#show({ window: extended(this.#view.window, page, this.#followedTo) });
    });
  }

  /** Brings a line into the window, with what stands around it. */
  async showCursor(cursor: number): Promise<void> {
    if (indexOfCursor(this.#view.window.lines, cursor) !== -1) return;
    this.#atTail = false;
    const [before, after] = await Promise.all([
      this.#page({ before: cursor, lines: HIT_LINES }),
      this.#page({ after: cursor, lines: HIT_LINES }),
    ]);
    if (!this.#closed) this.#show({ window: around(before, after, this.#followedTo) });
  }

  /** The oldest lines the engine keeps. */
  async toStart(): Promise<void> {
    this.#atTail = false;
    const page = await this.#page({ after: 0, lines: PAGE_LINES });
    if (!this.#closed) this.#show({ window: windowOf(page, page.next >= this.#followedTo) });
  }

  #page(query: { before?: number; after?: number; lines: number }): Promise<LogPage> {
    return this.#bridge.call('container.logPage', { id: this.#id, ...query });
  }

  async #paged(read: () => Promise<void>): Promise<void> {
    if (this.#paging) return;
    this.#paging = true;
    try {
      await read();
    } catch {
      // The reader scrolls on and asks again; a lost engine is told of elsewhere.
    } finally {
      this.#paging = false;
    }
  }

  #follow(after: number): void {
    this.#unfollow(); // who asks twice for the tail has two pages come in
    this.#followedTo = after;
    this.#stream = this.#bridge.openStream(
      'log.follow',
      { id: this.#id, after },
      {
        onMessage: (page) => {
          this.#arrived.push(page);
          this.#frame ??= nextFrame().then(() => this.#takeIn());
          return this.#frame;
        },
        onEnd: (error) => {
          this.#takeIn();
          this.#stream = null;
          this.#show({ isFollowing: false });
          // A lost host is back before long; a log that ended is resumed by its container.
          if (error) setTimeout(() => !this.#closed && this.resume(), REOPEN_MS);
        },
      },
    );
    this.#show({ isFollowing: true });
  }

  #unfollow(): void {
    this.#stream?.close();
    this.#stream = null;
    this.#arrived = [];
  }

  #takeIn(): void {
    this.#frame = null;
    const pages = this.#arrived;
    this.#arrived = [];
    if (pages.length === 0 || this.#closed) return;
    let { window, newLines } = this.#view;
    let behindBytes = 0;
    for (const page of pages) {
      window = appended(window, page, !this.#atTail);
      newLines += page.lines.length;
      this.#followedTo = Math.max(this.#followedTo, page.next);
      behindBytes = page.end - page.next;
    }
    const isSeen = this.#atTail && window.isAttached;
    this.#show({ window, newLines: isSeen ? 0 : newLines });
    if (isSeen && behindBytes > CATCH_UP_BYTES) void this.toTail();
  }

  #show(change: Partial<LogView>): void {
    if (this.#closed) return;
    this.#view = { ...this.#view, ...change };
    this.#listener();
  }
}

/** A hidden window draws no frames: there the log waits in the engine until it is seen again. */
function nextFrame(): Promise<void> {
  return new Promise((resolve) => {
    requestAnimationFrame(() => resolve());
  });
}
