/**
 * The one window: sandboxed, shown when it has something to show, in the colour it will have. It
 * loads before the bridge is there; what its page asks meanwhile waits for `connect`.
 */
import { once } from 'node:events';
import { app, BrowserWindow, nativeTheme } from 'electron';
import type { Bridge } from '../bridge/bridge.ts';
import { APP_ORIGIN } from '../ipc/channels.ts';
import { IpcLink } from './ipc-link.ts';
import { readWindowState, rememberWindowState } from './window-state.ts';

/** `--bg` of `renderer/styles/tokens.css`. */
const BACKGROUND = { light: '#f6f6f4', dark: '#131417' } as const;
const PAINT_PATIENCE_MS = 1000;
const CRASH_LIMIT = 3;
const CRASH_WINDOW_MS = 60_000;

export class MainWindow {
  readonly #preloadPath: string;
  readonly #bridge = Promise.withResolvers<Bridge>();
  #window: BrowserWindow | undefined;
  #link: Promise<IpcLink> | undefined;
  /** Set once there is a tray to come back from. */
  hidesOnClose = false;

  constructor(preloadPath: string) {
    this.#preloadPath = preloadPath;
    nativeTheme.on('updated', () => this.#current?.setBackgroundColor(backgroundColor()));
  }

  /** The link of the window there is, once there is a bridge. */
  get link(): Promise<IpcLink> | undefined {
    return this.#link;
  }

  connect(bridge: Bridge): void {
    this.#bridge.resolve(bridge);
  }

  /** Resolves when the window shows its page, or does not for `PAINT_PATIENCE_MS`. */
  async painted(): Promise<void> {
    const window = this.#current;
    if (!window || window.isVisible()) return;
    const signal = AbortSignal.timeout(PAINT_PATIENCE_MS);
    await once(window, 'show', { signal }).catch(() => {});
  }

  /** Brings the window to the front, and opens it where there is none. */
  async show(): Promise<void> {
    const window = this.#current;
    if (window) {
      if (window.isMinimized()) window.restore();
      window.show();
      window.focus();
      return;
    }
    const created = await createWindow(this.#preloadPath);
    this.#window = created;
    this.#link = this.#bridge.promise.then((bridge) => new IpcLink(created, bridge));
    created.on('close', (event) => {
      if (!this.hidesOnClose) return;
      event.preventDefault();
      created.hide();
    });
    // A page that is closed or reloaded while it loads is no failure of the app.
    void created.loadURL(`${APP_ORIGIN}/`).catch(() => {});
  }

  get #current(): BrowserWindow | undefined {
    return this.#window?.isDestroyed() === false ? this.#window : undefined;
  }
}

async function createWindow(preloadPath: string): Promise<BrowserWindow> {
  const { bounds, isMaximized } = await readWindowState();
  const window = new BrowserWindow({
    width: 1200,
    height: 780,
    ...bounds,
    minWidth: 720,
    minHeight: 480,
    title: 'Gantry',
    show: false,
    backgroundColor: backgroundColor(),
    autoHideMenuBar: true,
    webPreferences: {
      preload: preloadPath,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
      spellcheck: false,
      devTools: !app.isPackaged,
    },
  });
  if (isMaximized) window.maximize();
  rememberWindowState(window);
  window.once('ready-to-show', () => window.show());
  window.on('page-title-updated', (event) => event.preventDefault());
  reloadAfterCrash(window);
  return window;
}

/** A page that crashed is loaded again; one that keeps crashing is left as it is. */
function reloadAfterCrash({ webContents }: BrowserWindow): void {
  let crashesMs: number[] = [];
  webContents.on('render-process-gone', (_event, { reason }) => {
    const now = Date.now();
    crashesMs = [...crashesMs.filter((atMs) => atMs > now - CRASH_WINDOW_MS), now];
    if (reason === 'clean-exit' || crashesMs.length > CRASH_LIMIT) return;
    // Not within the event: Electron is still taking the old process down.
    setImmediate(() => webContents.isDestroyed() || webContents.reload());
  });
}

function backgroundColor(): string {
  return nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light;
}
