/**
 * What stands behind the window: the bridge, menu, tray, notifications, and the way out. Loaded once
 * the window shows something. Quitting ends neither the engine nor a container, and waits for neither.
 */
import { app, nativeTheme, Notification, shell } from 'electron';
import { Bridge } from '../bridge/bridge.ts';
import type { SettingsFile } from '../bridge/settings-file.ts';
import { chooseEngine } from '../engine-host/choose-engine.ts';
import { NativeEngineHost } from '../engine-host/native-engine-host.ts';
import type { Task } from '../ipc/contract.ts';
import { setAppMenu } from './app-menu.ts';
import type { MainWindow } from './main-window.ts';
import { AppTray, hasTrayHost } from './tray.ts';
import { textsFor, type Texts } from './texts.ts';

export interface DesktopHostOptions {
  readonly window: MainWindow;
  readonly settings: SettingsFile;
  readonly environment: NodeJS.ProcessEnv;
  /** Where an engine to start may lie. */
  readonly engineFolder: string;
}

/** Shells are asked to leave; the app does not wait longer for them than this. */
const QUIT_PATIENCE_MS = 500;

export class DesktopHost {
  readonly #window: MainWindow;
  readonly #settings: SettingsFile;
  readonly #systemLanguage: string;
  readonly #bridge: Bridge;
  #tray: AppTray | undefined;

  static async open(options: DesktopHostOptions): Promise<DesktopHost> {
    const socketFlag = app.commandLine.getSwitchValue('gantry-socket');
    const engine = await chooseEngine(socketFlag, options.environment, options.engineFolder);
    const host = new DesktopHost(options, new NativeEngineHost(engine));
    await host.#openTray();
    return host;
  }

  private constructor({ window, settings }: DesktopHostOptions, engineHost: NativeEngineHost) {
    this.#window = window;
    this.#settings = settings;
    this.#systemLanguage = app.getPreferredSystemLanguages().find(isLanguage) ?? 'en';
    this.#bridge = new Bridge({
      engineHost,
      settings,
      host: 'electron',
      systemLanguage: this.#systemLanguage,
      openExternal: (url) => shell.openExternal(url), // http and https only, by its schema
      onTaskEndedUnseen: (task) => this.#announce(task),
    });
    this.#bridge.listen({
      onEngine: () => this.#updateTray(),
      onWatch: () => this.#updateTray(),
      onSettings: ({ theme }) => {
        nativeTheme.themeSource = theme;
        setAppMenu(this.#texts);
        this.#updateTray();
      },
    });
    window.connect(this.#bridge);
    this.#bridge.start();
    setAppMenu(this.#texts);
    this.#prepareQuit();
  }

  get #texts(): Texts {
    return textsFor(this.#settings.value.language, this.#systemLanguage);
  }

  /** Where nothing shows a tray, closing the window is quitting. */
  async #openTray(): Promise<void> {
    if (!(await hasTrayHost())) return;
    this.#tray = new AppTray({
      open: () => void this.#window.show(),
      quit: () => app.quit(),
      change: (verb, id) => void this.#bridge.change(verb, id),
    });
    this.#window.hidesOnClose = true;
    this.#updateTray();
  }

  #updateTray(): void {
    this.#tray?.update(() => this.#bridge.state, this.#texts);
  }

  #announce(task: Task): void {
    if (!Notification.isSupported()) return;
    const content =
      task.state === 'done' ? this.#texts.pullDone(task) : this.#texts.pullFailed(task);
    new Notification(content).on('click', () => void this.#window.show()).show();
  }

  #prepareQuit(): void {
    app.on('before-quit', () => (this.#window.hidesOnClose = false));
    app.on('will-quit', (event) => {
      event.preventDefault();
      this.#tray?.destroy();
      const patience = new Promise((resolve) => setTimeout(resolve, QUIT_PATIENCE_MS));
      void Promise.race([this.#bridge.close(), patience]).finally(() => app.exit());
    });
  }
}

/** The `C` locale comes as `c`, which is no language. */
function isLanguage(tag: string): boolean {
  return tag.length >= 2;
}
