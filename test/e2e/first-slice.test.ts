/**
 * What people do on the first day, in the real window on a real engine: pull an image, run it, see it
 * talk, talk to it in a shell, stop it, remove it; and the engine dies in the middle.
 */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';
import { keepScreenshot, openWindow, type AppWindow } from './app-window.ts';

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

  beforeEach(({ onTestFailed, task }) => {
    onTestFailed(() => keepScreenshot(page, `failed ${host} ${task.name}`));
  });

  const link = (name: string) => page.getByRole('link', { name, exact: true });
  const row = (name: string | RegExp) => page.getByRole('row', { name });
  /** The open container: its name, state, actions and tabs. */
  const detail = () => page.getByRole('region', { name: 'Container', exact: true });
  const button = (name: string) => detail().getByRole('button', { name, exact: true });
  const tab = (name: string) => detail().getByRole('tab', { name, exact: true });
  const state = (name: string) => detail().getByText(name, { exact: true });
  /** Has the container's own process write a line, as if it had something to say. */
  const say = (text: string) =>
    engine.docker.ok('exec', 'talker', 'sh', '-c', `echo ${text} > /proc/1/fd/1`);

  test('an image is pulled by its name and appears in the list', async () => {
    await link('Images').click();
    await page.getByLabel('Image reference').fill('busybox');
    await page.getByRole('button', { name: 'Pull', exact: true }).click();
    await row(/busybox/).waitFor();
  });

  test('it is run with a command, and the container is there, running', async () => {
    await row(/busybox/).hover();
    await row(/busybox/)
      .getByRole('button', { name: 'Run', exact: true })
      .click();
    const form = page.getByRole('form', { name: 'Run a container' });
    await form.getByLabel('Name', { exact: true }).fill('talker');
    const script = 'trap "exit 0" TERM; echo the first line; while :; do sleep 0.1; done';
    await form.getByLabel('Command', { exact: true }).fill(`sh -c '${script}'`);
    await form.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByRole('heading', { name: 'talker' }).waitFor();
    await state('Running').waitFor();
  });

  test('its log line arrives, and the next one without being asked for', async () => {
    await tab('Logs').click();
    await detail().getByText('the first line').waitFor();
    await say('said later');
    await detail().getByText('said later').waitFor();
  });

  test('the terminal takes what is typed and shows the answer', async () => {
    await tab('Terminal').click();
    await terminalShows(page, '#');
    await page.keyboard.type('echo answer-$((6*7))');
    await page.keyboard.press('Enter');
    await terminalShows(page, 'answer-42');
  });

  test('the shell is still there, with what it showed, after looking elsewhere', async () => {
    await link('Images').click();
    await row(/busybox/).waitFor();
    await link('Containers').click();
    await row('talker').click();
    await tab('Terminal').click();
    await terminalShows(page, 'answer-42');
  });

  test('the window says that the engine is gone, and recovers by itself when it is back', async () => {
    await tab('Logs').click();
    await detail().getByText('said later').waitFor();
    await engine.kill9();
    await page.getByText('Connection to the engine lost, reconnecting…').first().waitFor();
    await engine.start();
    await page.getByText(/^Engine running/).waitFor();
    await state('Running').waitFor();
    await say('after the crash');
    await detail().getByText('after the crash').waitFor();
  });

  test('it is stopped and started again by a click', async () => {
    await button('Stop').click();
    await state('Exited').waitFor();
    expect(await engine.docker.ok('ps', '-q')).toBe('');
    await button('Start').click();
    await state('Running').waitFor();
    expect(await engine.docker.ok('ps', '--format', '{{.Names}}')).toBe('talker');
  });

  test('it is removed after a question, since it runs', async () => {
    await button('Remove').click();
    await button('Force remove').click();
    await row('talker').waitFor({ state: 'detached' });
    await eventually(
      'the engine has removed it',
      async () => (await engine.docker.ok('ps', '-aq')) === '',
    );
  });

  test('nothing went wrong in the page meanwhile', () => {
    expect(window.problems).toEqual([]);
  });
});

/** Without a graphics card xterm draws elements, so what it shows can be read. */
async function terminalShows(page: Page, text: string): Promise<void> {
  const screen = page.locator('.xterm-rows').filter({ visible: true });
  await screen.filter({ hasText: text }).waitFor();
}
