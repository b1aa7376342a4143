import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SettingsFile } from './settings-file.ts';

let folder: string;
let filePath: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'gantry-settings-'));
  filePath = path.join(folder, 'deep/settings.json');
});
afterEach(() => rm(folder, { recursive: true }));

describe('the settings file', () => {
  it('follows the system until somebody chooses', async () => {
    const settings = await SettingsFile.open(filePath);
    expect(settings.value).toEqual({ theme: 'system', language: 'system' });
  });

  it('remembers what was chosen, and leaves no drafts', async () => {
    const settings = await SettingsFile.open(filePath);
    await Promise.all([
      settings.change({ theme: 'dark' }),
      settings.change({ language: 'zh' }),
      settings.change({ theme: 'light' }),
    ]);
    const again = await SettingsFile.open(filePath);
    expect(again.value).toEqual({ theme: 'light', language: 'zh' });
    expect(await readdir(path.dirname(filePath))).toEqual(['settings.json']);
  });

  it('falls back setting by setting, and is whole when the file is not', async () => {
    filePath = path.join(folder, 'settings.json');
    await writeFile(filePath, '{"theme":"dark","language":"tlh"}');
    expect((await SettingsFile.open(filePath)).value).toEqual({
      theme: 'dark',
      language: 'system',
    });
    await writeFile(filePath, '{"theme":');
    const settings = await SettingsFile.open(filePath);
    expect(settings.value.theme).toBe('system');
    await settings.change({ theme: 'dark' });
    expect(JSON.parse(await readFile(filePath, 'utf8'))).toMatchObject({ theme: 'dark' });
  });
});
