/** Images: the list with its pull box, and beside it the image that is open. */
import { useEffect, useMemo } from 'react';
import { useActions } from '../../app/actions-context.tsx';
import { currentRoute, navigate, type Route } from '../../app/router.ts';
import { useKeys } from '../../app/use-keys.ts';
import { listKeys } from '../../components/list-keys.ts';
import { ListWithDetail } from '../../components/list-with-detail.tsx';
import { prune, type Selection } from '../../components/selection.ts';
import { useFollower } from '../../components/use-follower.ts';
import { useLanguage } from '../../messages/language-context.tsx';
import { ImageDetail } from './image-detail.tsx';
import { ImageList } from './image-list.tsx';
import type { ImageRow } from './rows.ts';
import { useImageRows } from './use-rows.ts';
import { useImagesView } from './view-store.ts';

type ImagesRoute = Extract<Route, { view: 'images' }>;

export function ImagesView({ route }: { route: ImagesRoute }) {
  const { t } = useLanguage();
  const rows = useImageRows();
  const { reference } = route;
  const full = route.full === true;
  useImageSelection(reference, rows);
  useImageKeys(route, rows);
  return (
    <ListWithDetail
      full={full}
      splitterLabel={t('images.splitter')}
      onToggleFull={() => reference && navigate({ ...route, full: !full })}
      list={<ImageList rows={rows} openKey={reference ?? null} />}
      detail={
        reference === undefined ? null : (
          <ImageDetail
            key={reference}
            reference={reference}
            tab={route.tab ?? 'overview'}
            full={full}
          />
        )
      }
    />
  );
}

function useImageSelection(reference: string | undefined, rows: readonly ImageRow[]): void {
  useEffect(() => {
    if (reference === undefined) return;
    useImagesView.setState(({ selection }) =>
      selection.cursor === reference
        ? {}
        : { selection: { ...selection, cursor: reference, anchor: reference } },
    );
  }, [reference]);
  useEffect(() => {
    useImagesView.setState(({ selection }) => ({
      selection: prune(
        selection,
        rows.map((row) => row.key),
      ),
    }));
  }, [rows]);
}

function useImageKeys(route: ImagesRoute, rows: readonly ImageRow[]): void {
  const { images: actions } = useActions();
  const selection = useImagesView((view) => view.selection);
  const keys = useMemo(() => rows.map((row) => row.key), [rows]);
  const tab = route.tab ? { tab: route.tab } : {};
  const follow = useFollower((reference) => navigate({ ...route, reference }, { replace: true }));
  const select = (next: Selection) => {
    useImagesView.setState({ selection: next });
    const { cursor } = next;
    if (route.reference === undefined || cursor === null) return;
    follow(cursor);
  };
  const targets = () => {
    if (selection.chosen.size > 0) return [...selection.chosen];
    return selection.cursor !== null && keys.includes(selection.cursor) ? [selection.cursor] : [];
  };
  useKeys({
    ...listKeys({ keys, choosable: keys, selection, onSelect: select }),
    open: () => {
      const [reference] = targets();
      if (reference) navigate({ view: 'images', reference, ...tab, full: true });
    },
    leave,
    runImage: () => {
      const [image] = targets();
      if (image) navigate({ view: 'run', image });
    },
    removeImage: () => actions.ask(targets(), selection.chosen.size > 1 ? 'bulk' : 'row'),
    pull: () => document.querySelector<HTMLInputElement>('[data-pull-field]')?.focus(),
  });
}

function leave(): void {
  const route = currentRoute();
  const { question, selection } = useImagesView.getState();
  if (question) useImagesView.setState({ question: null });
  else if (selection.chosen.size > 0)
    useImagesView.setState({ selection: { ...selection, chosen: new Set() } });
  else if (route.view === 'images' && route.full) navigate({ ...route, full: false });
  else navigate({ view: 'images' });
}
