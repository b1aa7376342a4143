/** Appearance and language: the host keeps them, the window remembers them for its first paint. */
import { create } from 'zustand';
import type { Settings } from '../../../electron/ipc/contract.ts';
import { showToast } from '../../components/toast-store.ts';
import { problemOf, type Bridge } from '../../bridge/bridge.ts';

interface SettingsState {
  readonly settings: Settings;
  readonly systemLanguage: string | undefined;
  readonly host: 'electron' | 'browser';
}

const MEMORY = 'gantry.settings';

export const useSettings = create<SettingsState>(() => ({
  settings: remembered(),
  systemLanguage: globalThis.navigator?.language,
  host: 'browser',
}));

export function receiveSettings(settings: Settings): void {
  useSettings.setState({ settings });
  globalThis.localStorage?.setItem(MEMORY, JSON.stringify(settings));
}

/** Shows at once; the host's answer decides. */
export async function changeSettings(bridge: Bridge, change: Partial<Settings>): Promise<void> {
  const before = useSettings.getState().settings;
  receiveSettings({ ...before, ...change });
  try {
    receiveSettings(await bridge.call('settings.write', change));
  } catch (error) {
    receiveSettings(before);
    showToast({ tone: 'bad', title: 'failure.settings', detail: problemOf(error) });
  }
}

function remembered(): Settings {
  const fallback: Settings = { theme: 'system', language: 'system' };
  try {
    const saved = JSON.parse(globalThis.localStorage?.getItem(MEMORY) ?? '{}') as Partial<Settings>;
    return { ...fallback, ...saved };
  } catch {
    return fallback;
  }
}
