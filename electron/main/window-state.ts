/** Where the window was, so that it opens there again, as long as some of it would be on a screen. */
import path from 'node:path';
import { app, screen, type BrowserWindow, type Rectangle } from 'electron';
import { readJsonFile, writeJsonFile } from '../bridge/settings-file.ts';

export interface WindowState {
  readonly bounds: Rectangle | undefined;
  readonly isMaximized: boolean;
}

const SAVE_AFTER_MS = 500;
/** This much of the window must be on a screen, each way. */
const VISIBLE_PIXELS = 100;

function statePath(): string {
  return path.join(app.getPath('userData'), 'window.json');
}

export async function readWindowState(): Promise<WindowState> {
  const { bounds, isMaximized } = await readJsonFile(statePath());
  return {
    bounds: isRectangle(bounds) && isOnScreen(bounds) ? bounds : undefined,
    isMaximized: isMaximized === true,
  };
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
  return overlapX >= VISIBLE_PIXELS && overlapY >= VISIBLE_PIXELS;
}

function isRectangle(value: unknown): value is Rectangle {
  const { x, y, width, height } = (value ?? {}) as Record<string, unknown>;
  return [x, y, width, height].every(Number.isInteger);
}
