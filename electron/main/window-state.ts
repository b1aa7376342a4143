/** Where the window was, so that it opens there again, as long as some of it would be on a screen. */
import path from 'node:path';
import { app, screen, type BrowserWindow, type Rectangle } from 'electron';
import { z } from 'zod';
import { readJsonFile, writeJsonFile } from '../bridge/settings-file.ts';

const windowState = z.object({
  bounds: z
    .object({ x: z.int(), y: z.int(), width: z.int().min(400), height: z.int().min(300) })
    .optional(),
  isMaximized: z.boolean().default(false),
});
export type WindowState = z.output<typeof windowState>;

const SAVE_AFTER_MS = 500;

function statePath(): string {
  return path.join(app.getPath('userData'), 'window.json');
}

export async function readWindowState(): Promise<WindowState> {
  const state = await readJsonFile<WindowState>(statePath(), windowState as z.ZodType<WindowState>);
  if (state.bounds && isOnScreen(state.bounds)) return state;
  return { isMaximized: state.isMaximized };
}

/** Saves a moment after the last change. */
export function rememberWindowState(window: BrowserWindow): void {
  let timer: NodeJS.Timeout | undefined;
  const save = (): void => {
    if (window.isDestroyed()) return;
    const state = { bounds: window.getNormalBounds(), isMaximized: window.isMaximized() };
    void writeJsonFile(statePath(), state).catch(() => {}); // next time it opens where it likes
  };
  const saveSoon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(save, SAVE_AFTER_MS);
  };
  window.on('resize', saveSoon).on('move', saveSoon);
  window.on('maximize', saveSoon).on('unmaximize', saveSoon);
  window.on('closed', () => clearTimeout(timer));
}

function isOnScreen(bounds: Rectangle): boolean {
  const { workArea } = screen.getDisplayMatching(bounds);
  const overlapX =
    Math.min(bounds.x + bounds.width, workArea.x + workArea.width) - Math.max(bounds.x, workArea.x);
  const overlapY =
    Math.min(bounds.y + bounds.height, workArea.y + workArea.height) -
    Math.max(bounds.y, workArea.y);
  return overlapX >= 100 && overlapY >= 100;
}
