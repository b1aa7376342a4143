/** The one window: sandboxed, shown when it has something to show, in the colour it will have. */
import { app, BrowserWindow, nativeTheme } from 'electron';
import { APP_ORIGIN } from '../ipc/channels.ts';
import { readWindowState, rememberWindowState } from './window-state.ts';

/** `--bg` of `renderer/styles/tokens.css`. */
const BACKGROUND = { light: '#f6f6f4', dark: '#131417' } as const;

const CRASH_LIMIT = 3;
const CRASH_WINDOW_MS = 60_000;

export async function createMainWindow(preloadPath: string): Promise<BrowserWindow> {
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

/** Never rejects: a page that is closed or reloaded while it loads is no failure of the app. */
export async function loadMainWindow(window: BrowserWindow): Promise<void> {
  await window.loadURL(`${APP_ORIGIN}/`).catch(() => {});
}

export function backgroundColor(): string {
  return nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light;
}
