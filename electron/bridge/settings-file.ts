/**
 * Small JSON files of the user's own: read once, written whole and atomically (a new file is renamed
 * over the old one), so that a crash leaves the one or the other. A file that cannot be read or is
 * not what it should be counts as absent. (Checked by hand: this is on the way to the first paint, and
 * reading the schema library is not.)
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Settings } from '../ipc/contract.ts';

const THEMES: readonly Settings['theme'][] = ['system', 'light', 'dark'];
const LANGUAGES: readonly Settings['language'][] = ['system', 'en', 'zh'];

/** The fields of a JSON object; none where there is no such file, or something else is in it. */
export async function readJsonFile(filePath: string): Promise<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(await readFile(filePath, 'utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

export async function writeJsonFile(filePath: string, value: unknown): Promise<void> {
  await mkdir(path.dirname(filePath), { recursive: true });
  const draft = `${filePath}.${randomUUID()}`;
  try {
    await writeFile(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
    await rename(draft, filePath);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

export class SettingsFile {
  readonly #path: string;
  #settings: Settings;
  #writing: Promise<void> = Promise.resolve();

  static async open(filePath: string): Promise<SettingsFile> {
    return new SettingsFile(filePath, settingsOf(await readJsonFile(filePath)));
  }

  private constructor(filePath: string, read: Settings) {
    this.#path = filePath;
    this.#settings = read;
  }

  get value(): Settings {
    return this.#settings;
  }

  /** Resolves with the new settings once they are on disk; writes happen in the order of calls. */
  async change(patch: Partial<Settings>): Promise<Settings> {
    const changed = { ...this.#settings, ...patch };
    this.#settings = changed;
    this.#writing = this.#writing.catch(() => {}).then(() => writeJsonFile(this.#path, changed));
    await this.#writing;
    return changed;
  }
}

/** Each falls back by itself: a setting a newer version wrote does not cost the others. */
function settingsOf({ theme, language }: Record<string, unknown>): Settings {
  return {
    theme: THEMES.find((known) => known === theme) ?? 'system',
    language: LANGUAGES.find((known) => known === language) ?? 'system',
  };
}
