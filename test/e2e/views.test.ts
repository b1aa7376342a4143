/**
 * Every view in both themes and both languages: axe finds nothing serious in it, and a screenshot of it
 * is kept in test/output/ to be looked at.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type axe from 'axe-core';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { keepScreenshot, openWindow, type Appearance, type AppWindow } from './app-window.ts';

/** Evaluated by the debugger: the page's own content security policy lets no script tag in. */
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const APPEARANCES: Appearance[] = [
  { theme: 'light', language: 'en' },
  { theme: 'dark', language: 'en' },
  { theme: 'light', language: 'zh' },
  { theme: 'dark', language: 'zh' },
];

let engine: TestEngine;
let ids: Record<string, string>;
beforeAll(async () => {
  engine = await startEngine();
  ids = await furnish(engine);
});
afterAll(() => engine?.close());

/** Each with something that is there once the view is. */
const VIEWS: { name: string; route: () => string; mark: (page: Page) => Locator }[] = [
  { name: 'containers', route: () => '#/containers', mark: row('web') },
  { name: 'logs', route: () => `#/containers/${ids['web']}/logs`, mark: text('GET /page/40 200') },
  { name: 'terminal', route: () => `#/containers/${ids['web']}/terminal`, mark: terminal },
  { name: 'inspect', route: () => `#/containers/${ids['web']}/inspect`, mark: text('Config') },
  { name: 'images', route: () => '#/images', mark: row(/busybox/) },
  { name: 'image', route: () => '#/images/busybox%3Alatest', mark: text(/sha256:/) },
  { name: 'run', route: () => '#/run?image=busybox', mark: (page) => page.getByRole('form') },
  { name: 'activity', route: () => '#/activity', mark: heading },
  { name: 'engine', route: () => '#/engine', mark: (page) => page.getByText(engine.socket) },
  { name: 'settings', route: () => '#/settings', mark: heading },
];

function row(name: string | RegExp) {
  return (page: Page): Locator => page.getByRole('row', { name });
}

function heading(page: Page): Locator {
  return page.getByRole('main').getByRole('heading', { level: 1 });
}

function terminal(page: Page): Locator {
  return page.locator('.xterm-rows').filter({ hasText: '#' });
}

function text(shown: string | RegExp) {
  return (page: Page): Locator => page.getByRole('main').getByText(shown);
}

describe.each(APPEARANCES)('in $theme and $language', (appearance) => {
  let window: AppWindow;
  beforeAll(async () => {
    window = await openWindow('Electron', engine, appearance);
  });
  afterAll(() => window?.[Symbol.asyncDispose]());
  beforeEach(({ onTestFailed, task }) => {
    onTestFailed(() => keepScreenshot(window.page, `failed ${task.name}`));
  });

  test.each(VIEWS)(
    'the view $name has nothing serious against it',
    async ({ name, route, mark }) => {
      const { page } = window;
      await page.evaluate((hash) => (location.hash = hash), route());
      await mark(page).first().waitFor();
      await page.evaluate(() => document.fonts.ready);
      const { theme, language } = appearance;
      await keepScreenshot(page, `${name}-${theme}-${language}`);
      expect(await seriousViolations(page)).toEqual([]);
    },
  );

  test('nothing went wrong in the page meanwhile', () => {
    expect(window.problems).toEqual([]);
  });
});

/** Containers as somebody might have them: running, ended, with ports and with something to say. */
async function furnish({ docker }: TestEngine): Promise<Record<string, string>> {
  await docker.ok('pull', '--quiet', 'busybox');
  const talk =
    'echo listening on port 80; for i in $(seq 40); do echo "GET /page/$i 200"; done; sleep 900';
  const web = await docker.ok(
    'run',
    '-d',
    '--name',
    'web',
    '-p',
    '8080:80',
    'busybox',
    'sh',
    '-c',
    talk,
  );
  const worker = await docker.ok('run', '-d', '--name', 'worker', 'busybox', 'sleep', '900');
  await docker.run(['run', '--name', 'migrate', 'busybox', 'sh', '-c', 'echo done; exit 1']);
  await docker.ok('create', '--name', 'spare', 'busybox', 'true');
  return { web, worker };
}

async function seriousViolations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    const { axe: runner } = window as unknown as { axe: typeof axe };
    return (await runner.run()).violations;
  });
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' | ')}`);
}
