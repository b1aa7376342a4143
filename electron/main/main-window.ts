/** The one window: sandboxed, shown when it has something to show, in the colour it will have. */
import { app, BrowserWindow, nativeTheme } from 'electron';
import { APP_ORIGIN } from '../ipc/channels.ts';
import { readWindowState, rememberWindowState } from './window-state.ts';

/** `--bg` of `renderer/styles/tokens.css`. */
const BACKGROUND = { light: '#f6f6f4', dark: '#131417' } as const;

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
  return window;
}

export function loadMainWindow(window: BrowserWindow): Promise<void> {
  return window.loadURL(`${APP_ORIGIN}/`);
}

export function backgroundColor(): string {
  return nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light;
}
