/** One line about the whole: engine, containers, images. */
import { StatusDot } from '../components/status-dot.tsx';
import { useContainers } from '../features/containers/store.ts';
import { isAlive } from '../features/containers/state.ts';
import { engineHeadline, engineTone } from '../features/engine/headline.ts';
import { useEngine, useHasLists } from '../features/engine/store.ts';
import { totalSizeBytes, useImages } from '../features/images/store.ts';
import { useLanguage } from '../messages/language-context.tsx';
import { formatRoute } from './router.ts';

export function StatusBar() {
  const { t, formats } = useLanguage();
  const status = useEngine((state) => state.status);
  const version = useEngine((state) => state.summary?.version);
  const total = useContainers((state) => state.byId.size);
  const running = useContainers((state) => [...state.byId.values()].filter(isAlive).length);
  const images = useImages((state) => state.byId);
  const hasLists = useHasLists();
  return (
    <footer className="status-bar">
      <a className="status-engine" href={formatRoute({ view: 'engine' })}>
        <StatusDot tone={engineTone(status)} />
        <span>
          {engineHeadline(status, t)}
          {version && ` · ${version}`}
        </span>
      </a>
      {hasLists && <span>{t('status.containers', { running, total })}</span>}
      <span className="status-end">
        <span>
          {hasLists &&
            t('status.images', {
              count: images.size,
              size: formats.bytes(totalSizeBytes(images.values())),
            })}
        </span>
      </span>
    </footer>
  );
}
