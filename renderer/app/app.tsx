/** The providers around the shell. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { useState } from 'react';
import type { Bridge } from '../bridge/bridge.ts';
import { BridgeProvider } from '../bridge/bridge-context.tsx';
import { useSettings } from '../features/settings/store.ts';
import { LanguageProvider } from '../messages/language-context.tsx';
import { resolveLanguage } from '../messages/translate.ts';
import { ActionsProvider } from './actions-context.tsx';
import { Shell } from './shell.tsx';

/** Documents are asked for again when their container changes, never by time or focus. */
const QUERY_DEFAULTS = {
  queries: {
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 5 * 60_000,
    retry: false,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    networkMode: 'always',
  },
} as const;

export function App({ bridge }: { bridge: Bridge }) {
  const [queries] = useState(() => new QueryClient({ defaultOptions: QUERY_DEFAULTS }));
  const setting = useSettings((state) => state.settings.language);
  const system = useSettings((state) => state.systemLanguage);
  return (
    <BridgeProvider bridge={bridge}>
      <QueryClientProvider client={queries}>
        <LanguageProvider language={resolveLanguage(setting, system)}>
          <ActionsProvider bridge={bridge}>
            <Shell />
          </ActionsProvider>
        </LanguageProvider>
      </QueryClientProvider>
    </BridgeProvider>
  );
}
