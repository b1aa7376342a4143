/**
 * A strip above the lists while the engine is not there: what happens, since when the rows are a
 * memory, and what can be done. It comes late enough that a quick start shows none.
 */
import { useEffect, useState } from 'react';
import { formatRoute } from '../../app/router.ts';
import { useNow } from '../../app/clock.ts';
import { useBridge } from '../../bridge/bridge-context.tsx';
import { Button } from '../../components/button.tsx';
import { StatusDot } from '../../components/status-dot.tsx';
import { useLanguage } from '../../messages/language-context.tsx';
import { useContainers } from '../containers/store.ts';
import { useImages } from '../images/store.ts';
import { engineHeadline, engineTone } from './headline.ts';
import { useEngine } from './store.ts';
import './engine.css';

const QUIET_MS = 700;

export function EngineBanner() {
  const phase = useEngine((state) => state.status?.phase);
  const hasRows = useContainers((state) => state.byId.size > 0);
  const hasImages = useImages((state) => state.byId.size > 0);
  const settled = phase === 'ready' || (!hasRows && !hasImages);
  // Trouble is told at once; a start that goes well is over before anybody reads.
  const patient = useElapsed(settled ? null : QUIET_MS);
  if (settled || (!patient && phase !== 'failed' && phase !== 'lost')) return <div />;
  return <Banner />;
}

function Banner() {
  const { t, formats } = useLanguage();
  const bridge = useBridge();
  const status = useEngine((state) => state.status);
  const staleSinceMs = useEngine((state) => state.staleSinceMs);
  const nowMs = useNow('second');
  const failed = status?.phase === 'failed';
  return (
    <div className={failed ? 'engine-banner engine-banner-bad' : 'engine-banner'} role="status">
      <StatusDot tone={engineTone(status)} />
      <span className="engine-banner-text">
        <b>{engineHeadline(status, t)}</b>
        {staleSinceMs !== null && (
          <span>{t('engine.stale', { age: formats.ago(nowMs - staleSinceMs) })}</span>
        )}
      </span>
      <a href={formatRoute({ view: 'engine' })}>{t('engine.details')}</a>
      {failed && (
        <Button onClick={() => void bridge.call('engine.retry')}>{t('action.retry')}</Button>
      )}
    </div>
  );
}

function useElapsed(milliseconds: number | null): boolean {
  const [elapsed, setElapsed] = useState(false);
  useEffect(() => {
    if (milliseconds === null) return;
    const timer = setTimeout(() => setElapsed(true), milliseconds);
    return () => {
      clearTimeout(timer);
      setElapsed(false);
    };
  }, [milliseconds]);
  return elapsed;
}
