/** Containers: the list, and beside it the container that is open or the form that runs a new one. */
import { useEffect, useMemo } from 'react';
import { useActions } from '../../app/actions-context.tsx';
import { currentRoute, navigate, type ContainerTab, type Route } from '../../app/router.ts';
import { useKeys } from '../../app/use-keys.ts';
import { listKeys } from '../../components/list-keys.ts';
import { ListWithDetail } from '../../components/list-with-detail.tsx';
import { prune, type Selection } from '../../components/selection.ts';
import { useFollower } from '../../components/use-follower.ts';
import { useLanguage } from '../../messages/language-context.tsx';
import { ContainerDetail } from './container-detail.tsx';
import { ContainerList } from './container-list.tsx';
import { RunForm } from './run/run-form.tsx';
import { useContainers } from './store.ts';
import { useContainerRows } from './use-rows.ts';
import { setFolded, useContainersView } from './view-store.ts';

type ContainersRoute = Extract<Route, { view: 'containers' | 'run' }>;

export function ContainersView({ route }: { route: ContainersRoute }) {
  const { t } = useLanguage();
  const rows = useContainerRows();
  const openId = route.view === 'containers' ? (route.id ?? null) : null;
  const full = route.view === 'containers' && route.full === true;
  useSelectionOf(openId, rows);
  useContainerKeys(route, rows, openId);
  const detail =
    route.view === 'run' ? (
      <RunForm key={route.image} image={route.image ?? ''} />
    ) : openId === null ? null : (
      <ContainerDetail key={openId} id={openId} tab={route.tab ?? 'logs'} full={full} />
    );
  return (
    <ListWithDetail
      full={full}
      splitterLabel={t('containers.splitter')}
      onToggleFull={() =>
        openId !== null && navigate({ ...route, view: 'containers', full: !full })
      }
      list={<ContainerList rows={rows} openId={openId} isRunOpen={route.view === 'run'} />}
      detail={detail}
    />
  );
}

/** What is open is where the keyboard stands; what is gone is no longer chosen. */
function useSelectionOf(openId: string | null, rows: ReturnType<typeof useContainerRows>): void {
  useEffect(() => {
    if (openId === null) return;
    useContainersView.setState(({ selection }) =>
      selection.cursor === openId
        ? {}
        : { selection: { ...selection, cursor: openId, anchor: openId } },
    );
  }, [openId]);
  useEffect(() => {
    useContainersView.setState(({ selection }) => ({
      selection: prune(
        selection,
        rows.map((row) => row.key),
      ),
    }));
  }, [rows]);
}

function useContainerKeys(
  route: ContainersRoute,
  rows: ReturnType<typeof useContainerRows>,
  openId: string | null,
): void {
  const { containers: actions } = useActions();
  const selection = useContainersView((view) => view.selection);
  const tab = route.view === 'containers' ? route.tab : undefined;
  const full = route.view === 'containers' && route.full ? { full: true } : {};
  const { keys, choosable } = useMemo(
    () => ({
      keys: rows.map((row) => row.key),
      choosable: rows.filter((row) => row.kind === 'container').map((row) => row.key),
    }),
    [rows],
  );
  const follow = useFollower((id) =>
    navigate({ view: 'containers', id, ...(tab ? { tab } : {}), ...full }, { replace: true }),
  );
  const select = (next: Selection) => {
    useContainersView.setState({ selection: next });
    if (openId !== null && next.cursor !== null && choosable.includes(next.cursor))
      follow(next.cursor);
  };
  const targets = () => targetsOf(selection, rows);
  const single = (then: (id: string) => void) => {
    if (selection.cursor !== null && choosable.includes(selection.cursor)) then(selection.cursor);
  };
  const openTab = (id: string, which: ContainerTab) =>
    navigate({ view: 'containers', id, tab: which, ...full });
  const open = () => {
    const { cursor } = selection;
    const group = rows.find((row) => row.kind === 'group' && row.key === cursor);
    if (group?.kind === 'group') setFolded(group.key, !group.folded);
    else single((id) => navigate({ view: 'containers', id, ...(tab && { tab }), full: true }));
  };
  const fold = (folded: boolean) => {
    if (selection.cursor?.startsWith('project:')) setFolded(selection.cursor, folded);
  };
  useKeys({
    ...listKeys({ keys, selection, choosable, onSelect: select }),
    open,
    fold: () => fold(true),
    unfold: () => fold(false),
    leave,
    toggle: () => void actions.toggle(targets()),
    restart: () => void actions.act('restart', targets()),
    pause: () => void pauseOrResume(actions, targets()),
    remove: () => actions.remove(targets(), selection.chosen.size > 1 ? 'bulk' : 'row'),
    logs: () => single((id) => openTab(id, 'logs')),
    terminal: () => single((id) => openTab(id, 'terminal')),
    inspect: () => single((id) => openTab(id, 'inspect')),
  });
}

/** What an action reaches: the rows chosen, else the row or the group the keyboard stands on. */
function targetsOf(
  selection: Selection,
  rows: ReturnType<typeof useContainerRows>,
): readonly string[] {
  if (selection.chosen.size > 0) return [...selection.chosen];
  const row = rows.find((each) => each.key === selection.cursor);
  if (!row) return [];
  return row.kind === 'group' ? row.ids : [row.key];
}

function pauseOrResume(
  actions: ReturnType<typeof useActions>['containers'],
  ids: readonly string[],
) {
  const { byId } = useContainers.getState();
  const paused = ids.some((id) => byId.get(id)?.State === 'paused');
  return actions.act(paused ? 'unpause' : 'pause', ids);
}

/** One step back: the question, what is chosen, the full width, the pane. */
function leave(): void {
  const route = currentRoute();
  const { question, selection } = useContainersView.getState();
  if (question) useContainersView.setState({ question: null });
  else if (selection.chosen.size > 0)
    useContainersView.setState({ selection: { ...selection, chosen: new Set() } });
  else if (route.view === 'containers' && route.full) navigate({ ...route, full: false });
  else navigate({ view: 'containers' });
}
