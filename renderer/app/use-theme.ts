/** The theme that is seen, following the system while the settings do. */
import { useSyncExternalStore } from 'react';
import type { Settings } from '../../electron/ipc/contract.ts';
import { themeSeen, type Theme } from './theme.ts';

export function useThemeSeen(settings: Settings): Theme {
  return useSyncExternalStore(subscribe, () => themeSeen(settings));
}

function subscribe(listener: () => void): () => void {
  const query = window.matchMedia('(prefers-color-scheme: dark)');
  query.addEventListener('change', listener);
  return () => query.removeEventListener('change', listener);
}
