/**
 * What people do on the first day, in the real window on a real engine: pull an image, run it, see it
 * talk, talk to it in a shell, stop it, remove it; and the engine dies in the middle.
 */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { openWindow, type AppWindow } from './app-window.ts';

describe.each(['Electron', 'Chromium'] as const)('in %s', (host) => {
  let engine: TestEngine;
  let window: AppWindow;
  let page: Page;
  beforeAll(async () => {
    engine = await startEngine();
    window = await openWindow(host, engine);
    page = window.page;
  });
  afterAll(async () => {
    await window?.[Symbol.asyncDispose]();
    await engine?.close();
  });

  const link = (name: string) => page.getByRole('link', { name, exact: true });
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const row = (name: string | RegExp) => page.getByRole('row', { name });

  test('an image is pulled by its name and appears in the list', async () => {
    await link('Images').click();
    await page.getByLabel('Image reference').fill('busybox');
    await button('Pull').click();
    await row(/busybox/).waitFor();
  });

  test('it is run with a command, and the container is there, running', async () => {
    await row(/busybox/).hover();
    await row(/busybox/)
      .getByRole('button', { name: 'Run', exact: true })
      .click();
    await page.getByLabel('Name').fill('talker');
    await page
      .getByLabel('Command')
      .fill('sh -c "echo the first line; while read x; do :; done; sleep 600"');
    await page
      .getByRole('form')
      .or(page.locator('form'))
      .last()
      .getByRole('button', { name: 'Run', exact: true })
      .click();
    await page.getByRole('heading', { name: 'talker' }).waitFor();
    await page.getByText('Running', { exact: true }).first().waitFor();
  });

  test('its log line arrives, and the next one without being asked for', async () => {
    await page.getByRole('tab', { name: 'Logs' }).click();
    await page.getByText('the first line').waitFor();
    const id = await engine.docker.ok('ps', '-q');
    await engine.docker.ok('exec', id, 'sh', '-c', 'echo said later > /proc/1/fd/1');
    await page.getByText('said later').waitFor();
  });

  test('the terminal takes what is typed and shows the answer', async () => {
    await page.getByRole('tab', { name: 'Terminal' }).click();
    await terminalShows(page, '# ');
    await page.keyboard.type('echo answer-$((6*7))');
    await page.keyboard.press('Enter');
    await terminalShows(page, 'answer-42');
  });

  test('the shell is still there, with what it showed, after looking elsewhere', async () => {
    await link('Images').click();
    await row(/busybox/).waitFor();
    await link('Containers').click();
    await row('talker').click();
    await page.getByRole('tab', { name: 'Terminal' }).click();
    await terminalShows(page, 'answer-42');
  });

  test('the window says that the engine is gone, and recovers by itself when it is back', async () => {
    await page.getByRole('tab', { name: 'Logs' }).click();
    await page.getByText('the first line').waitFor();
    await engine.kill9();
    await page
      .getByText(/engine (is gone|is not running|stopped|was lost|went away)/i)
      .first()
      .waitFor();
    await engine.start();
    await page.getByText('Running', { exact: true }).first().waitFor();
    const id = await engine.docker.ok('ps', '-q');
    await engine.docker.ok('exec', id, 'sh', '-c', 'echo after the crash > /proc/1/fd/1');
    await page.getByText('after the crash').waitFor();
  });

  test('it is stopped and started again by a click', async () => {
    await button('Stop').first().click();
    await page
      .getByText(/^Exited/)
      .first()
      .waitFor();
    await button('Start').first().click();
    await page.getByText('Running', { exact: true }).first().waitFor();
    expect(await engine.docker.ok('ps', '--format', '{{.Names}}')).toBe('talker');
  });

  test('it is removed after a question, since it runs', async () => {
    await button('Remove').first().click();
    await page
      .getByRole('button', { name: /force|remove/i })
      .last()
      .click();
    await row('talker').waitFor({ state: 'detached' });
    expect(await engine.docker.ok('ps', '-aq')).toBe('');
  });

  test('nothing went wrong in the page meanwhile', () => {
    expect(window.problems).toEqual([]);
  });
});

/** xterm draws on a canvas; what it shows is read from its buffer, as a screen reader would have it. */
async function terminalShows(page: Page, text: string): Promise<void> {
  await page.locator('.xterm').waitFor();
  await page.waitForFunction(
    (wanted) => document.querySelector('.xterm')?.textContent?.includes(wanted),
    text,
  );
}
