/**
 * The window as people have it: in Electron on a display, or in Chromium from the browser mode. Both
 * are the shipped builds on a real engine, with settings in a folder of the test's own.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { _electron, chromium, type Page } from 'playwright-core';
import { electronProgram } from '../support/electron-runtime.ts';
import type { TestEngine } from '../support/engine.ts';
import { RunningCommand } from '../support/command.ts';
import { Display } from './display.ts';

export type Theme = 'light' | 'dark';
export type Language = 'en' | 'zh';

export interface Appearance {
  readonly theme: Theme;
  readonly language: Language;
}

export interface AppWindow extends AsyncDisposable {
  readonly page: Page;
  /** What went wrong in the page so far: uncaught errors and errors on its console. */
  readonly problems: readonly string[];
}

export type WindowHost = 'Electron' | 'Chromium';

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
const CHROMIUM_PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** Chromium refuses its sandbox to root. */
const SANDBOX_FLAGS = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
const SIZE = { width: 1280, height: 800 };

export async function openWindow(
  host: WindowHost,
  engine: TestEngine,
  appearance: Appearance = { theme: 'light', language: 'en' },
): Promise<AppWindow> {
  await using stack = new AsyncDisposableStack();
  const settings = await mkdtemp(join(tmpdir(), 'gantry-settings-'));
  stack.defer(() => rm(settings, { recursive: true, force: true, maxRetries: 3 }));
  await writeFile(join(settings, 'settings.json'), JSON.stringify(appearance));
  const environment = {
    ...(process.env as Record<string, string>),
    GANTRY_SOCKET: engine.socket,
    GANTRY_USER_DATA: settings,
    LANG: 'en_US.UTF-8',
  };
  const open = host === 'Electron' ? openInElectron : openInChromium;
  const page = await open(stack, environment);
  const problems = watchProblems(page);
  await page.getByRole('navigation').waitFor();
  const closing = stack.move();
  return { page, problems, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}

/** What the window shows now, as `test/output/TITLE.png`. */
export async function keepScreenshot(page: Page, title: string): Promise<void> {
  const name = title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  await page.screenshot({ path: join(REPOSITORY, `test/output/${name}.png`) });
}

async function openInElectron(
  stack: AsyncDisposableStack,
  environment: Record<string, string>,
): Promise<Page> {
  const display = stack.use(await Display.open());
  const app = await _electron.launch({
    executablePath: await electronProgram(),
    args: [...SANDBOX_FLAGS, REPOSITORY],
    env: { ...environment, DISPLAY: display.name },
  });
  stack.defer(() => app.close());
  const page = await app.firstWindow();
  await page.setViewportSize(SIZE);
  return page;
}

async function openInChromium(
  stack: AsyncDisposableStack,
  environment: Record<string, string>,
): Promise<Page> {
  const server = new RunningCommand(process.execPath, [join(REPOSITORY, 'build/browser/main.js')], {
    env: environment,
    timeoutMs: 3_600_000,
  });
  stack.defer(async () => {
    server.kill('SIGTERM');
    await server.result;
  });
  const [link] = await server.outputMatching(/http:\/\/\S+/);
  const executablePath = CHROMIUM_PATHS.find((path) => existsSync(path));
  if (executablePath === undefined) throw new Error('Chromium is not installed');
  const browser = await chromium.launch({ executablePath, args: SANDBOX_FLAGS });
  stack.defer(() => browser.close());
  const page = await browser.newPage({ viewport: SIZE });
  await page.goto(link);
  return page;
}

function watchProblems(page: Page): string[] {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  return problems;
}
