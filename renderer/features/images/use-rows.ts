/** The rows of the image list; containers matter only by which image they use. */
import { useMemo } from 'react';
import { useContainers } from '../containers/store.ts';
import { buildImageRows, usersByImage, type ImageRow } from './rows.ts';
import { useImages } from './store.ts';
import { useImagesView } from './view-store.ts';

export function useImageRows(): readonly ImageRow[] {
  const images = useImages((state) => state.byId);
  const containers = useContainers((state) => state.byId);
  const search = useImagesView((view) => view.search);
  const filter = useImagesView((view) => view.filter);
  const sort = useImagesView((view) => view.sort);
  const descending = useImagesView((view) => view.descending);
  const users = useMemo(() => usersByImage(containers.values()), [containers]);
  return useMemo(
    () => buildImageRows(images.values(), users, { search, filter, sort, descending }),
    [images, users, search, filter, sort, descending],
  );
}
