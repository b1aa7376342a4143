/** How logs are looked at, the same for every container and remembered. */
import { create } from 'zustand';
import { persist } from 'zustand/middleware';
import type { TimeLook } from './log-text.ts';

interface LogPreferences {
  readonly time: TimeLook;
  readonly wrap: boolean;
}

export const useLogPreferences = create<LogPreferences>()(
  persist((): LogPreferences => ({ time: 'local', wrap: false }), { name: 'gantry.logs' }),
);
