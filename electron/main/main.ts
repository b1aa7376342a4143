/**
 * The desktop host's composition root: the window first, then what stands behind it. No privilege, no
 * native module; ending it ends neither the engine nor a container.
 *
 * Command line and environment: what `engine-host/choose-engine.ts` reads, and GANTRY_USER_DATA,
 * where settings and the window's place are kept (tests bring a folder of their own).
 */
import path from 'node:path';
import { app, dialog, nativeTheme } from 'electron';
import { messageOf } from '../../engine/contract/errors.ts';
import { SettingsFile } from '../bridge/settings-file.ts';
import { declareAppProtocol, serveAppProtocol } from './app-protocol.ts';
import { serveIpc } from './ipc-link.ts';
import { lockDown } from './lock-down.ts';
import { MainWindow } from './main-window.ts';

/** Both electron/main/ and build/electron/ lie two folders below the app's. */
const APP_FOLDER = path.resolve(import.meta.dirname, '../..');
const BUILD_FOLDER = path.join(APP_FOLDER, 'build');

const userData = process.env['GANTRY_USER_DATA'];
if (userData) app.setPath('userData', path.resolve(userData));
// The two together would end every child process; root can have only the one without.
if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();
declareAppProtocol();
if (app.requestSingleInstanceLock()) void app.whenReady().then(run).catch(giveUp);
else app.quit();

async function run(): Promise<void> {
  const settings = await SettingsFile.open(path.join(app.getPath('userData'), 'settings.json'));
  nativeTheme.themeSource = settings.value.theme;
  lockDown();
  serveAppProtocol(path.join(BUILD_FOLDER, 'renderer'));

  const window = new MainWindow(path.join(BUILD_FOLDER, 'electron/preload.cjs'));
  serveIpc(() => window.link);
  app.on('second-instance', () => void window.show());
  app.on('activate', () => void window.show());
  app.on('window-all-closed', () => app.quit()); // a window with a tray hides instead
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => app.quit());
  await window.show();

  // Reading this takes as long as the page takes to paint, and would hold up the serving of it.
  await window.painted();
  const { DesktopHost } = await import('./desktop-host.ts');
  await DesktopHost.open({
    window,
    settings,
    environment: process.env,
    engineFolder: app.isPackaged ? process.resourcesPath : APP_FOLDER,
  });
}

function giveUp(error: unknown): void {
  dialog.showErrorBox('Gantry', messageOf(error));
  app.exit(1);
}
