/** Keeps the document in the chosen theme; `system` leaves the choice to the style sheet. */
import type { Settings } from '../../electron/ipc/contract.ts';
import { useSettings } from '../features/settings/store.ts';

export type Theme = 'light' | 'dark';

export function keepTheme(): void {
  applyTheme(useSettings.getState().settings);
  useSettings.subscribe(({ settings }) => applyTheme(settings));
}

function applyTheme({ theme }: Settings): void {
  const { dataset } = document.documentElement;
  if (theme === 'system') delete dataset['theme'];
  else dataset['theme'] = theme;
}

/** What is seen now, whatever was chosen. */
export function themeSeen({ theme }: Settings): Theme {
  if (theme !== 'system') return theme;
  return window.matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}
