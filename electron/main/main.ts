/**
 * The desktop host's composition root: settings → bridge → protocol → window, menu, tray. No
 * privilege, no native module; ending it ends neither the engine nor a container.
 *
 * Command line and environment: what `engine-host/choose-engine.ts` reads, and GANTRY_USER_DATA,
 * where settings and the window's place are kept (tests bring a folder of their own).
 */
import path from 'node:path';
import { app, dialog, nativeTheme, Notification, shell, type BrowserWindow } from 'electron';
import { messageOf } from '../../engine/contract/errors.ts';
import { Bridge } from '../bridge/bridge.ts';
import { SettingsFile } from '../bridge/settings-file.ts';
import { chooseEngine } from '../engine-host/choose-engine.ts';
import { NativeEngineHost } from '../engine-host/native-engine-host.ts';
import type { Task } from '../ipc/contract.ts';
import { setAppMenu } from './app-menu.ts';
import { declareAppProtocol, serveAppProtocol } from './app-protocol.ts';
import { IpcLink, serveIpc } from './ipc-link.ts';
import { lockDown } from './lock-down.ts';
import { backgroundColor, createMainWindow, loadMainWindow } from './main-window.ts';
import { AppTray, hasTrayHost } from './tray.ts';
import { textsFor, type Texts } from './texts.ts';

/** Both electron/main/ and build/electron/ lie two folders below the app's. */
const APP_FOLDER = path.resolve(import.meta.dirname, '../..');
const BUILD_FOLDER = path.join(APP_FOLDER, 'build');
/** Shells are asked to leave; the app does not wait longer for them than this. */
const QUIT_PATIENCE_MS = 500;

const userData = process.env['GANTRY_USER_DATA'];
if (userData) app.setPath('userData', path.resolve(userData));
// The two together would end every child process; root can have only the one without.
if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();
declareAppProtocol();
if (app.requestSingleInstanceLock()) void app.whenReady().then(run).catch(giveUp);
else app.quit();

function giveUp(error: unknown): void {
  dialog.showErrorBox('Gantry', messageOf(error));
  app.exit(1);
}

async function run(): Promise<void> {
  const settings = await SettingsFile.open(path.join(app.getPath('userData'), 'settings.json'));
  const systemLanguage = app.getPreferredSystemLanguages().find(isLanguage) ?? 'en';
  const texts = (): Texts => textsFor(settings.value.language, systemLanguage);
  const engineFolder = app.isPackaged ? process.resourcesPath : APP_FOLDER;
  const socketFlag = app.commandLine.getSwitchValue('gantry-socket');
  const bridge = new Bridge({
    engineHost: new NativeEngineHost(await chooseEngine(socketFlag, process.env, engineFolder)),
    settings,
    host: 'electron',
    systemLanguage,
    openExternal: (url) => shell.openExternal(url), // http and https only, by its schema
    onTaskEndedUnseen: (task) => notify(task),
  });

  nativeTheme.themeSource = settings.value.theme;
  lockDown();
  serveAppProtocol(path.join(BUILD_FOLDER, 'renderer'));
  setAppMenu(texts());

  let window: BrowserWindow | undefined;
  let link: IpcLink | undefined;
  let tray: AppTray | undefined;
  let isQuitting = false;

  async function show(): Promise<void> {
    if (window && !window.isDestroyed()) {
      if (window.isMinimized()) window.restore();
      window.show();
      window.focus();
      return;
    }
    const created = await createMainWindow(path.join(BUILD_FOLDER, 'electron/preload.cjs'));
    window = created;
    link = new IpcLink(created, bridge);
    created.on('close', (event) => {
      if (isQuitting || !tray) return;
      event.preventDefault();
      created.hide();
    });
    await loadMainWindow(created);
  }

  function notify(task: Task): void {
    if (!Notification.isSupported()) return;
    const content = task.state === 'done' ? texts().pullDone(task) : texts().pullFailed(task);
    new Notification(content).on('click', () => void show()).show();
  }

  serveIpc(() => link);
  nativeTheme.on('updated', () => {
    if (window && !window.isDestroyed()) window.setBackgroundColor(backgroundColor());
  });
  app.on('second-instance', () => void show());
  app.on('activate', () => void show());
  app.on('window-all-closed', () => {
    if (!tray) app.quit();
  });
  app.on('before-quit', () => (isQuitting = true));
  app.on('will-quit', (event) => {
    event.preventDefault();
    tray?.destroy();
    const patience = new Promise((resolve) => setTimeout(resolve, QUIT_PATIENCE_MS));
    void Promise.race([bridge.close(), patience]).finally(() => app.exit());
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => app.quit());

  bridge.start();
  await show();

  if (await hasTrayHost()) {
    tray = new AppTray({
      open: () => void show(),
      quit: () => app.quit(),
      change: (verb, id) => void bridge.change(verb, id),
    });
  }
  const updateTray = (): void => tray?.update(() => bridge.state, texts());
  updateTray();
  bridge.listen({
    onEngine: updateTray,
    onWatch: updateTray,
    onSettings: ({ theme }) => {
      nativeTheme.themeSource = theme;
      setAppMenu(texts());
      updateTray();
    },
  });
}

/** The `C` locale comes as `c`, which is no language. */
function isLanguage(tag: string): boolean {
  return tag.length >= 2;
}
