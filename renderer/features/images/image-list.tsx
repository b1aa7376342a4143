/** The list of images: head with the pull box, filters, and a grid of virtual rows. */
import { useCallback, useEffect, useMemo, useRef, type MouseEvent } from 'react';
import { navigate } from '../../app/router.ts';
import { Button } from '../../components/button.tsx';
import { ChipGroup } from '../../components/chip.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { SearchField } from '../../components/search-field.tsx';
import { click, toggleOne } from '../../components/selection.ts';
import { SortHead } from '../../components/sort-head.tsx';
import { VirtualList, type VirtualListHandle } from '../../components/virtual-list.tsx';
import { useLanguage } from '../../messages/language-context.tsx';
import { EnginePlaceholder } from '../engine/engine-placeholder.tsx';
import { useEngine, useHasLists, useIsStale } from '../engine/store.ts';
import { ImageBulkBar } from './image-bulk-bar.tsx';
import { ImageRow } from './image-row.tsx';
import { PullBox } from './pull-box.tsx';
import { IMAGE_COLUMNS, IMAGE_FILTERS, type ImageRow as Row } from './rows.ts';
import { totalSizeBytes, useImages } from './store.ts';
import { sortImagesBy, useImagesView } from './view-store.ts';
import '../../components/data-list.css';
import './images.css';

const ROW_HEIGHT = 36;

interface ImageListProps {
  readonly rows: readonly Row[];
  readonly openKey: string | null;
}

export function ImageList({ rows, openKey }: ImageListProps) {
  const { t, formats } = useLanguage();
  const images = useImages((state) => state.byId);
  const chosen = useImagesView((view) => view.selection.chosen.size);
  const hasLists = useHasLists();
  return (
    <section className="data-list image-list" aria-label={t('nav.images')}>
      <div className="list-head">
        <h1>{t('nav.images')}</h1>
        <span className="list-head-note">
          {hasLists &&
            t('images.count', {
              count: images.size,
              size: formats.bytes(totalSizeBytes(images.values())),
            })}
        </span>
        <PullBox />
      </div>
      {chosen > 0 ? <ImageBulkBar /> : <ImageFilters />}
      {rows.length === 0 ? (
        <NothingToShow total={images.size} />
      ) : (
        <Grid rows={rows} openKey={openKey} />
      )}
    </section>
  );
}

function ImageFilters() {
  const { t } = useLanguage();
  const filter = useImagesView((view) => view.filter);
  const search = useImagesView((view) => view.search);
  return (
    <div className="list-filters">
      <ChipGroup
        label={t('images.filter')}
        value={filter}
        onChange={(value) => useImagesView.setState({ filter: value })}
        options={IMAGE_FILTERS.map((value) => ({ value, label: t(`filter.${value}`) }))}
      />
      <SearchField
        primary
        label={t('images.search')}
        hotkey="/"
        value={search}
        onChange={(value) => useImagesView.setState({ search: value })}
        onKeyDown={(event) => {
          if (event.key === 'Enter' || event.key === 'ArrowDown') event.currentTarget.blur();
        }}
      />
    </div>
  );
}

function Grid({ rows, openKey }: ImageListProps) {
  const { t } = useLanguage();
  const list = useRef<VirtualListHandle>(null);
  const isStale = useIsStale();
  const cursor = useImagesView((view) => view.selection.cursor);
  const choosing = useImagesView((view) => view.selection.chosen.size > 0);
  const sort = useImagesView((view) => view.sort);
  const descending = useImagesView((view) => view.descending);
  const keys = useMemo(() => rows.map((row) => row.key), [rows]);
  const largestBytes = useMemo(
    () => rows.reduce((largest, row) => Math.max(largest, row.sizeBytes), 1),
    [rows],
  );
  useEffect(() => {
    const index = cursor === null ? -1 : keys.indexOf(cursor);
    if (index !== -1) list.current?.scrollTo(index);
    // Rows that move under a resting cursor do not scroll the list.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [cursor]);
  const handleClick = useCallback(
    (key: string, event: MouseEvent) => {
      const modifiers = { range: event.shiftKey, toggle: event.ctrlKey || event.metaKey };
      useImagesView.setState(({ selection }) => ({
        selection: click(selection, keys, key, modifiers),
      }));
      if (!modifiers.range && !modifiers.toggle) openDetail(key);
    },
    [keys],
  );
  const renderRow = useCallback(
    (row: Row, index: number) => (
      <ImageRow
        row={row}
        index={index}
        share={row.sizeBytes / largestBytes}
        isOpen={row.key === openKey}
        onClick={handleClick}
        onCheck={check}
      />
    ),
    [openKey, largestBytes, handleClick],
  );
  const classes = ['grid', choosing && 'grid-choosing', isStale && 'stale'];
  return (
    <div
      className={classes.filter(Boolean).join(' ')}
      role="grid"
      aria-label={t('nav.images')}
      aria-rowcount={rows.length + 1}
      aria-multiselectable
      aria-activedescendant={cursor === null ? undefined : `image-${cursor}`}
      tabIndex={0}
    >
      <div className="grid-columns image-columns" role="row" aria-rowindex={1}>
        <span role="columnheader">
          <span className="visually-hidden">{t('column.choose')}</span>
        </span>
        {IMAGE_COLUMNS.map((column) => (
          <SortHead
            key={column}
            label={t(`column.${column}`)}
            className={`image-${column}`}
            direction={sort === column ? (descending ? 'descending' : 'ascending') : null}
            onSort={() => sortImagesBy(column)}
          />
        ))}
      </div>
      <VirtualList ref={list} rows={rows} heightOf={heightOf} renderRow={renderRow} />
    </div>
  );
}

function heightOf(): number {
  return ROW_HEIGHT;
}

function check(key: string): void {
  useImagesView.setState(({ selection }) => ({ selection: toggleOne(selection, key) }));
}

function openDetail(reference: string): void {
  const tab = /^#\/images\/[^/]+\/(overview|layers|inspect)/.exec(window.location.hash)?.[1];
  navigate({ view: 'images', reference, ...(tab ? { tab: tab as 'layers' } : {}) });
}

function NothingToShow({ total }: { total: number }) {
  const { t } = useLanguage();
  const isSynced = useEngine((state) => state.synced);
  if (total > 0)
    return (
      <EmptyState
        icon="search"
        title={t('images.noMatch')}
        actions={
          <Button onClick={() => useImagesView.setState({ search: '', filter: 'all' })}>
            {t('action.clearFilters')}
          </Button>
        }
      />
    );
  if (!isSynced) return <EnginePlaceholder />;
  return (
    <EmptyState icon="image" title={t('images.empty')}>
      {t('images.emptyHint')}
    </EmptyState>
  );
}
