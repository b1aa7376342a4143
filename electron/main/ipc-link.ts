/**
 * A window session over Electron IPC. Only the top frame of the window, showing our own page, is
 * listened to. A window that loads another page, reloads or crashes ends its session and gets a new
 * one, so no stream outlives the page that opened it.
 */
import {
  ipcMain,
  type BrowserWindow,
  type IpcMainEvent,
  type IpcMainInvokeEvent,
  type MessagePortMain,
} from 'electron';
import type { Bridge } from '../bridge/bridge.ts';
import type { HostPort } from '../bridge/stream-channel.ts';
import type { WindowLink, WindowSession } from '../bridge/window-session.ts';
import { APP_ORIGIN, CHANNELS } from '../ipc/channels.ts';
import type { StreamFrame } from '../ipc/contract.ts';

/** Events sent and not taken in before changes are held back. */
const UNTAKEN_LIMIT = 64;

export class IpcLink implements WindowLink {
  readonly #window: BrowserWindow;
  readonly #bridge: Bridge;
  #session: WindowSession;
  /** What is sent to a page that has not loaded yet is lost, and never taken in. */
  #isListening = false;
  #untaken = 0;

  constructor(window: BrowserWindow, bridge: Bridge) {
    this.#window = window;
    this.#bridge = bridge;
    this.#session = bridge.connectWindow(this);
    window.webContents
      .on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
        if (isMainFrame && !isSameDocument) this.#startOver();
      })
      .on('render-process-gone', () => this.#startOver())
      .once('destroyed', () => this.#session.close());
  }

  get session(): WindowSession {
    return this.#session;
  }

  send(name: string, payload: unknown): void {
    if (this.#window.isDestroyed() || this.#window.webContents.isCrashed()) return;
    this.#untaken++;
    this.#window.webContents.send(CHANNELS.event, name, payload);
  }

  isCongested(): boolean {
    return !this.#isListening || this.#untaken >= UNTAKEN_LIMIT;
  }

  isVisible(): boolean {
    const window = this.#window;
    return !window.isDestroyed() && window.isVisible() && !window.isMinimized();
  }

  onListening(): void {
    this.#isListening = true;
    this.#untaken = 0;
    this.#session.onDrained();
  }

  onTaken(): void {
    this.#untaken = Math.max(0, this.#untaken - 1);
    this.#session.onDrained();
  }

  isSender({ senderFrame, sender }: IpcMainEvent | IpcMainInvokeEvent): boolean {
    return (
      !this.#window.isDestroyed() &&
      sender === this.#window.webContents &&
      senderFrame !== null &&
      senderFrame === sender.mainFrame &&
      senderFrame.origin === APP_ORIGIN
    );
  }

  #startOver(): void {
    this.#session.close();
    this.#isListening = false;
    this.#session = this.#bridge.connectWindow(this);
  }
}

/**
 * Serves the one window there is at a time; what comes from anything else is refused, and what comes
 * early waits for the link.
 */
export function serveIpc(currentLink: () => Promise<IpcLink> | undefined): void {
  const linkOf = async (event: IpcMainEvent | IpcMainInvokeEvent): Promise<IpcLink | undefined> => {
    const link = await currentLink();
    return link?.isSender(event) ? link : undefined;
  };
  ipcMain.handle(CHANNELS.call, async (event, name: unknown, argument: unknown) => {
    const link = await linkOf(event);
    const error = { code: 'forbidden', message: 'not a window of this app' };
    return link ? link.session.call(name, argument) : { ok: false, error };
  });
  const open = async (event: IpcMainEvent, message: unknown): Promise<void> => {
    const [port] = event.ports;
    const link = await linkOf(event);
    if (!port) return;
    if (!link) return port.close();
    const { name, argument } = (message ?? {}) as { name?: unknown; argument?: unknown };
    link.session.openStream(name, argument, new ElectronPort(port));
  };
  ipcMain.on(CHANNELS.open, (event, message: unknown) => void open(event, message));
  ipcMain.on(CHANNELS.listening, (event) => void linkOf(event).then((link) => link?.onListening()));
  ipcMain.on(CHANNELS.taken, (event) => void linkOf(event).then((link) => link?.onTaken()));
}

class ElectronPort implements HostPort {
  readonly #port: MessagePortMain;

  constructor(port: MessagePortMain) {
    this.#port = port;
  }

  post(frame: StreamFrame<unknown>): void {
    this.#port.postMessage(frame, []);
  }

  listen(onFrame: (frame: unknown) => void, onGone: () => void): void {
    this.#port.on('message', ({ data }) => onFrame(data)).on('close', onGone);
    this.#port.start();
  }

  close(): void {
    this.#port.close();
  }
}
