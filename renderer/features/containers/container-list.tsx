/** The list of containers: head, filters, and a grid of virtual rows. */
import { useCallback, useEffect, useMemo, useRef, type MouseEvent } from 'react';
import { navigate } from '../../app/router.ts';
import { Button } from '../../components/button.tsx';
import { ChipGroup } from '../../components/chip.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { SearchField } from '../../components/search-field.tsx';
import { click, toggleOne } from '../../components/selection.ts';
import { SortHead } from '../../components/sort-head.tsx';
import { StatusDot } from '../../components/status-dot.tsx';
import { VirtualList, type VirtualListHandle } from '../../components/virtual-list.tsx';
import { useLanguage } from '../../messages/language-context.tsx';
import { EnginePlaceholder } from '../engine/engine-placeholder.tsx';
import { useEngine, useHasLists, useIsStale } from '../engine/store.ts';
import { ContainerBulkBar } from './container-bulk-bar.tsx';
import { ContainerGroupRow } from './container-group-row.tsx';
import { ContainerRow } from './container-row.tsx';
import { SORT_COLUMNS, STATE_FILTERS, type ContainerRow as Row } from './rows.ts';
import { isAlive, isUnhealthy } from './state.ts';
import { useContainers } from './store.ts';
import { sortBy, useContainersView } from './view-store.ts';
import '../../components/data-list.css';
import './containers.css';

const ROW_HEIGHT = 36;
const GROUP_HEIGHT = 32;

interface ContainerListProps {
  readonly rows: readonly Row[];
  readonly openId: string | null;
  readonly isRunOpen: boolean;
}

export function ContainerList({ rows, openId, isRunOpen }: ContainerListProps) {
  const { t } = useLanguage();
  const total = useContainers((state) => state.byId.size - state.hidden.size);
  const running = useContainers((state) => [...state.byId.values()].filter(isAlive).length);
  const chosen = useContainersView((view) => view.selection.chosen.size);
  const hasLists = useHasLists();
  return (
    <section className="data-list container-list" aria-label={t('nav.containers')}>
      <div className="list-head">
        <h1>{t('nav.containers')}</h1>
        <span className="list-head-note">
          {hasLists && t('containers.count', { running, total })}
        </span>
        <span className="list-head-actions">
          {!isRunOpen && (
            <Button tone="primary" icon="plus" onClick={() => navigate({ view: 'run' })}>
              {t('action.run')}
            </Button>
          )}
        </span>
      </div>
      {chosen > 0 ? <ContainerBulkBar /> : <ContainerFilters />}
      {rows.length === 0 ? <NothingToShow total={total} /> : <Grid rows={rows} openId={openId} />}
    </section>
  );
}

function ContainerFilters() {
  const { t } = useLanguage();
  const filter = useContainersView((view) => view.filter);
  const search = useContainersView((view) => view.search);
  const unhealthy = useContainers((state) => [...state.byId.values()].filter(isUnhealthy).length);
  const shown = STATE_FILTERS.filter(
    (value) => value !== 'unhealthy' || unhealthy > 0 || filter === 'unhealthy',
  );
  return (
    <div className="list-filters">
      <ChipGroup
        label={t('containers.filter')}
        value={filter}
        onChange={(value) => useContainersView.setState({ filter: value })}
        options={shown.map((value) => ({
          value,
          label: t(`filter.${value}`),
          ...(value === 'unhealthy'
            ? { count: unhealthy, mark: <StatusDot tone="bad" small /> }
            : {}),
        }))}
      />
      <SearchField
        primary
        label={t('containers.search')}
        hotkey="/"
        value={search}
        onChange={(value) => useContainersView.setState({ search: value })}
        onKeyDown={(event) => {
          if (event.key === 'Enter' || event.key === 'ArrowDown') event.currentTarget.blur();
        }}
      />
    </div>
  );
}

function Grid({ rows, openId }: { rows: readonly Row[]; openId: string | null }) {
  const { t } = useLanguage();
  const list = useRef<VirtualListHandle>(null);
  const isStale = useIsStale();
  const cursor = useContainersView((view) => view.selection.cursor);
  const choosing = useContainersView((view) => view.selection.chosen.size > 0);
  const sort = useContainersView((view) => view.sort);
  const descending = useContainersView((view) => view.descending);
  const choosable = useMemo(
    () => rows.filter((row) => row.kind === 'container').map((row) => row.key),
    [rows],
  );
  useEffect(() => {
    const index = rows.findIndex((row) => row.key === cursor);
    if (index !== -1) list.current?.scrollTo(index);
    // Rows that move under a resting cursor do not scroll the list.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [cursor]);
  const handleClick = useCallback(
    (id: string, event: MouseEvent) => {
      const modifiers = { range: event.shiftKey, toggle: event.ctrlKey || event.metaKey };
      useContainersView.setState(({ selection }) => ({
        selection: click(selection, choosable, id, modifiers),
      }));
      if (!modifiers.range && !modifiers.toggle) openDetail(id);
    },
    [choosable],
  );
  const renderRow = useCallback(
    (row: Row, index: number) =>
      row.kind === 'group' ? (
        <ContainerGroupRow row={row} index={index} />
      ) : (
        <ContainerRow
          id={row.key}
          index={index}
          isOpen={row.key === openId}
          onClick={handleClick}
          onCheck={check}
        />
      ),
    [openId, handleClick],
  );
  const classes = ['grid', choosing && 'grid-choosing', isStale && 'stale'];
  return (
    <div
      className={classes.filter(Boolean).join(' ')}
      role="grid"
      aria-label={t('nav.containers')}
      aria-rowcount={rows.length + 1}
      aria-multiselectable
      aria-activedescendant={cursor === null ? undefined : `row-${cursor}`}
      tabIndex={0}
    >
      <div className="grid-columns container-columns" role="row" aria-rowindex={1}>
        <span role="columnheader">
          <span className="visually-hidden">{t('column.choose')}</span>
        </span>
        {SORT_COLUMNS.map((column) => (
          <SortHead
            key={column}
            label={t(`column.${column}`)}
            className={`container-${column}`}
            direction={sort === column ? (descending ? 'descending' : 'ascending') : null}
            onSort={() => sortBy(column)}
          />
        ))}
      </div>
      <VirtualList ref={list} rows={rows} heightOf={heightOf} renderRow={renderRow} />
    </div>
  );
}

function heightOf(row: Row): number {
  return row.kind === 'group' ? GROUP_HEIGHT : ROW_HEIGHT;
}

function check(id: string): void {
  useContainersView.setState(({ selection }) => ({ selection: toggleOne(selection, id) }));
}

/** Another container is shown in the tab that was open. */
function openDetail(id: string): void {
  const tab = /^#\/containers\/[^/]+\/(logs|terminal|inspect)/.exec(window.location.hash)?.[1];
  navigate({ view: 'containers', id, ...(tab ? { tab: tab as 'logs' } : {}) });
}

function NothingToShow({ total }: { total: number }) {
  const { t } = useLanguage();
  const isSynced = useEngine((state) => state.synced);
  if (total > 0)
    return (
      <EmptyState
        icon="search"
        title={t('containers.noMatch')}
        actions={
          <Button onClick={() => useContainersView.setState({ search: '', filter: 'all' })}>
            {t('action.clearFilters')}
          </Button>
        }
      />
    );
  if (!isSynced) return <EnginePlaceholder />;
  return (
    <EmptyState
      icon="container"
      title={t('containers.empty')}
      actions={
        <>
          <Button icon="plus" onClick={() => navigate({ view: 'run' })}>
            {t('run.title')}
          </Button>
          <Button icon="image" onClick={() => navigate({ view: 'images' })}>
            {t('containers.toImages')}
          </Button>
        </>
      }
    >
      <p>{t('containers.emptyHint')}</p>
      <code>docker run -d -p 8080:80 nginx</code>
    </EmptyState>
  );
}
