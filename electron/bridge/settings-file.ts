/**
 * Small JSON files of the user's own: read once, written whole and atomically (a new file is renamed
 * over the old one), so that a crash leaves the one or the other. A file that cannot be read or is
 * not what it should be counts as absent.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Settings } from '../ipc/contract.ts';

/** Each field falls back by itself: a setting a newer version wrote does not cost the others. */
const settings = z.object({
  theme: z.enum(['system', 'light', 'dark']).catch('system'),
  language: z.enum(['system', 'en', 'zh']).catch('system'),
}) satisfies z.ZodType<Settings>;

export async function readJsonFile<T>(filePath: string, schema: z.ZodType<T>): Promise<T> {
  const text = await readFile(filePath, 'utf8').catch(() => '{}');
  let value: unknown = {};
  try {
    value = JSON.parse(text);
  } catch {
    // half-written by something else: as good as absent
  }
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : schema.parse({});
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
    return new SettingsFile(filePath, await readJsonFile(filePath, settings));
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
