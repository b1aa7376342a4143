/**
 * The tray: the engine's state, containers to start and stop, open, quit. Its menu is rebuilt only
 * when something it shows has changed.
 */
import { execFile } from 'node:child_process';
import { Menu, nativeImage, Tray, type MenuItemConstructorOptions } from 'electron';
import type { HostState } from '../ipc/contract.ts';
import { planTrayMenu, type TrayEntry } from './tray-menu.ts';
import { drawTrayIcon, TRAY_ICON_SIZE } from './tray-icon.ts';
import type { Texts } from './texts.ts';

export interface TrayActions {
  open(): void;
  quit(): void;
  change(verb: 'start' | 'stop' | 'restart', id: string): void;
}

const ASK_PROGRAM = 'dbus-send';
const ASK_TIMEOUT_MS = 1000;
const UPDATE_AFTER_MS = 200;

export class AppTray {
  readonly #tray: Tray;
  readonly #actions: TrayActions;
  #shown = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(actions: TrayActions) {
    this.#actions = actions;
    this.#tray = new Tray(icon(false));
    this.#tray.setToolTip('Gantry');
    this.#tray.on('click', () => actions.open());
  }

  /** Shows the state a moment later: changes come in bursts. */
  update(state: () => Pick<HostState, 'engine' | 'watch'>, texts: Texts): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#show(state(), texts);
    }, UPDATE_AFTER_MS);
  }

  destroy(): void {
    clearTimeout(this.#timer);
    this.#tray.destroy();
  }

  #show(state: Pick<HostState, 'engine' | 'watch'>, texts: Texts): void {
    const entries = planTrayMenu(state, texts);
    const shown = JSON.stringify([state.engine.phase, entries]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#tray.setImage(icon(state.engine.phase === 'ready'));
    this.#tray.setContextMenu(Menu.buildFromTemplate(entries.map((entry) => this.#item(entry))));
  }

  #item(entry: TrayEntry): MenuItemConstructorOptions {
    switch (entry.kind) {
      case 'separator':
        return { type: 'separator' };
      case 'text':
        return { label: entry.label, enabled: false };
      case 'open':
        return { label: entry.label, click: () => this.#actions.open() };
      case 'quit':
        return { label: entry.label, click: () => this.#actions.quit() };
      case 'change':
        return {
          label: entry.label,
          click: () => this.#actions.change(entry.verb, entry.id),
        };
      case 'menu':
        return { label: entry.label, submenu: entry.entries.map((inner) => this.#item(inner)) };
    }
  }
}

function icon(isReady: boolean): Electron.NativeImage {
  return nativeImage.createFromBitmap(drawTrayIcon(isReady), {
    width: TRAY_ICON_SIZE,
    height: TRAY_ICON_SIZE,
    scaleFactor: 2,
  });
}

/**
 * Whether there is anything that shows a tray. On Linux many desktops have none, and a window that
 * closed to it could not be found again. Source: freedesktop StatusNotifierWatcher.
 */
export async function hasTrayHost(): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  if (!process.env['DBUS_SESSION_BUS_ADDRESS']) return false;
  const question = [
    '--session',
    '--print-reply=literal',
    '--dest=org.freedesktop.DBus',
    '/org/freedesktop/DBus',
    'org.freedesktop.DBus.NameHasOwner',
    'string:org.kde.StatusNotifierWatcher',
  ];
  return new Promise((resolve) => {
    execFile(ASK_PROGRAM, question, { timeout: ASK_TIMEOUT_MS }, (error, answer) =>
      resolve(!error && answer.includes('true')),
    );
  });
}
