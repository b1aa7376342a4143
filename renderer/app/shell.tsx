/** The frame around every view: header, sidebar, status bar, and what floats above them. */
import { lazy, Suspense, useEffect, useState } from 'react';
import { ErrorBoundary } from '../components/error-boundary.tsx';
import { Toasts } from '../components/toast.tsx';
import { ContainersView } from '../features/containers/containers-view.tsx';
import { EngineBanner } from '../features/engine/engine-banner.tsx';
import { ImagesView } from '../features/images/images-view.tsx';
import { TaskCards } from '../features/tasks/task-cards.tsx';
import { useLanguage } from '../messages/language-context.tsx';
import { CommandPalette } from './command-palette.tsx';
import { Header } from './header.tsx';
import { formatRoute, navigate, useRoute, type Route } from './router.ts';
import { ShortcutsSheet } from './shortcuts-sheet.tsx';
import { Sidebar } from './sidebar.tsx';
import { StatusBar } from './status-bar.tsx';
import { useKeys } from './use-keys.ts';
import './shell.css';

const ActivityView = lazy(async () => ({
  default: (await import('../features/tasks/activity-view.tsx')).ActivityView,
}));
const EngineView = lazy(async () => ({
  default: (await import('../features/engine/engine-view.tsx')).EngineView,
}));
const SettingsView = lazy(async () => ({
  default: (await import('../features/settings/settings-view.tsx')).SettingsView,
}));

type Overlay = 'palette' | 'shortcuts' | null;

export function Shell() {
  const { t } = useLanguage();
  const route = useRoute();
  const [overlay, setOverlay] = useState<Overlay>(null);
  const toggle = (which: Overlay) => setOverlay((now) => (now === which ? null : which));
  useKeys({
    palette: () => toggle('palette'),
    shortcuts: () => toggle('shortcuts'),
    search: focusSearch,
    goContainers: () => navigate({ view: 'containers' }),
    goImages: () => navigate({ view: 'images' }),
    goActivity: () => navigate({ view: 'activity' }),
    goSettings: () => navigate({ view: 'settings' }),
    run: () => navigate({ view: 'run' }),
  });
  const title = t(VIEW_TITLES[route.view]);
  useEffect(() => {
    document.title = `${title} · Gantry`;
  }, [title]);
  return (
    <div className="shell">
      <Header onSearch={() => setOverlay('palette')} />
      <Sidebar route={route} />
      <main className="shell-main">
        <EngineBanner />
        <div className="shell-view">
          <ErrorBoundary resetKey={formatRoute(route)}>
            <Suspense fallback={null}>
              <View route={route} />
            </Suspense>
          </ErrorBoundary>
        </div>
      </main>
      <StatusBar />
      <div className="shell-corner">
        {route.view !== 'activity' && <TaskCards />}
        <Toasts />
      </div>
      {overlay === 'palette' && (
        <CommandPalette
          onClose={() => setOverlay(null)}
          onShortcuts={() => setOverlay('shortcuts')}
        />
      )}
      {overlay === 'shortcuts' && <ShortcutsSheet onClose={() => setOverlay(null)} />}
    </div>
  );
}

const VIEW_TITLES = {
  containers: 'nav.containers',
  run: 'run.title',
  images: 'nav.images',
  activity: 'nav.activity',
  engine: 'engine.title',
  settings: 'nav.settings',
} as const;

function View({ route }: { route: Route }) {
  switch (route.view) {
    case 'containers':
    case 'run':
      return <ContainersView route={route} />;
    case 'images':
      return <ImagesView route={route} />;
    case 'activity':
      return <ActivityView />;
    case 'engine':
      return <EngineView />;
    case 'settings':
      return <SettingsView />;
  }
}

function focusSearch(): void {
  const field = document.querySelector<HTMLInputElement>('[data-primary-search]');
  field?.focus();
  field?.select();
}
