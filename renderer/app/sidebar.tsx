/** The views that work, with how much each holds. */
import { Icon, type IconName } from '../components/icon.tsx';
import { useContainers } from '../features/containers/store.ts';
import { useHasLists } from '../features/engine/store.ts';
import { useImages } from '../features/images/store.ts';
import { useTasks } from '../features/tasks/store.ts';
import { useLanguage } from '../messages/language-context.tsx';
import { formatRoute, type Route } from './router.ts';

export function Sidebar({ route }: { route: Route }) {
  const { t } = useLanguage();
  const containers = useContainers((state) => state.byId.size - state.hidden.size);
  const images = useImages((state) => state.byId.size);
  const running = useTasks(
    (state) => state.tasks.filter((task) => task.state === 'running').length,
  );
  const hasLists = useHasLists();
  const view = route.view === 'run' ? 'containers' : route.view;
  return (
    <nav className="sidebar" aria-label={t('nav.label')}>
      <SidebarLink
        icon="container"
        to="containers"
        view={view}
        {...(hasLists && { count: containers })}
      />
      <SidebarLink icon="image" to="images" view={view} {...(hasLists && { count: images })} />
      <div className="sidebar-gap" />
      <SidebarLink icon="activity" to="activity" view={view} count={running} busy />
      <SidebarLink icon="settings" to="settings" view={view} />
    </nav>
  );
}

const TITLES = {
  containers: 'nav.containers',
  images: 'nav.images',
  activity: 'nav.activity',
  settings: 'nav.settings',
} as const;

interface SidebarLinkProps {
  readonly icon: IconName;
  readonly to: keyof typeof TITLES;
  readonly view: Route['view'];
  readonly count?: number;
  readonly busy?: boolean;
}

function SidebarLink({ icon, to, view, count, busy = false }: SidebarLinkProps) {
  const { t, formats } = useLanguage();
  const shown = count !== undefined && (count > 0 || !busy);
  return (
    <a
      className="sidebar-link"
      href={formatRoute({ view: to })}
      aria-current={view === to ? 'page' : undefined}
    >
      <Icon name={icon} />
      {t(TITLES[to])}
      {shown && (
        <span
          aria-hidden="true"
          className={busy ? 'sidebar-count sidebar-count-busy' : 'sidebar-count'}
        >
          {formats.number(count)}
        </span>
      )}
    </a>
  );
}
