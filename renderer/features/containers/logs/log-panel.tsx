/** A container's log: search, how it is looked at, and the lines. */
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { WatchedContainer } from '../../../../electron/ipc/contract.ts';
import { useKeys } from '../../../app/use-keys.ts';
import { useBridge } from '../../../bridge/bridge-context.tsx';
import { Button } from '../../../components/button.tsx';
import { EmptyState } from '../../../components/empty-state.tsx';
import { Icon } from '../../../components/icon.tsx';
import { useLanguage } from '../../../messages/language-context.tsx';
import { useEngine } from '../../engine/store.ts';
import { isAlive, nameOf } from '../state.ts';
import { LogFeed } from './log-feed.ts';
import { LogLines, type LogLinesHandle } from './log-lines.tsx';
import { LogSearch } from './log-search.ts';
import { LogToolbar } from './log-toolbar.tsx';
import '../../../components/toolbar.css';
import './logs.css';

export function LogPanel({ container }: { container: WatchedContainer }) {
  const { t, formats } = useLanguage();
  const bridge = useBridge();
  const { Id: id } = container;
  const { feed, search } = useMemo(
    () => ({ feed: new LogFeed(bridge, id), search: new LogSearch(bridge, id) }),
    [bridge, id],
  );
  const view = useSyncExternalStore(feed.subscribe, feed.view);
  const found = useSyncExternalStore(search.subscribe, search.view);
  const lines = useRef<LogLinesHandle>(null);
  const field = useRef<HTMLInputElement>(null);
  const [isPinned, setPinned] = useState(true);
  useLogLife(feed, search, container);
  useKeys({
    findInLog: () => {
      field.current?.focus();
      field.current?.select();
    },
  });
  const step = (by: 1 | -1) => {
    const hit = search.step(by);
    if (hit)
      void feed.showCursor(hit.line.cursor).then(() => lines.current?.reveal(hit.line.cursor));
  };
  const toTail = () => {
    if (!view.window.isAttached) void feed.toTail();
    lines.current?.toEnd();
  };
  return (
    <div className="log-panel">
      <LogToolbar
        name={nameOf(container)}
        containerId={id}
        search={search}
        found={found}
        fieldRef={field}
        onStep={step}
      />
      <div className="log-place">
        {view.phase === 'failed' ? (
          <EmptyState
            icon="warning"
            title={t('logs.failed')}
            actions={<Button onClick={() => void feed.toTail()}>{t('action.retry')}</Button>}
          >
            {view.problem}
          </EmptyState>
        ) : view.phase === 'ready' && view.window.lines.length === 0 ? (
          <EmptyState
            icon="logs"
            title={t(isAlive(container) ? 'logs.nothingYet' : 'logs.nothing')}
          />
        ) : (
          <LogLines
            ref={lines}
            label={t('logs.of', { name: nameOf(container) })}
            feed={feed}
            window={view.window}
            found={found}
            onPinned={setPinned}
          />
        )}
        {(!isPinned || !view.window.isAttached) && view.phase === 'ready' && (
          <button type="button" className="log-pill" onClick={toTail}>
            <Icon name="chevronDown" />
            {view.newLines > 0
              ? t('logs.newLines', { count: view.newLines, shown: formats.number(view.newLines) })
              : t('logs.toEnd')}
          </button>
        )}
      </div>
    </div>
  );
}

/** Opens with the panel, closes with it, and goes on when container or engine come back. */
function useLogLife(feed: LogFeed, search: LogSearch, container: WatchedContainer): void {
  const isReady = useEngine((state) => state.status?.phase === 'ready');
  const wasReady = useRef(false);
  const run = `${container.State} ${container.StartedAt}`;
  useEffect(() => {
    if (!isReady) return;
    if (wasReady.current) feed.resume();
    else void feed.toTail();
    wasReady.current = true;
    // `run` changes when the container begins again: its log goes on.
    // oxlint-disable-next-line react/exhaustive-effect-dependencies
  }, [feed, isReady, run]);
  useEffect(
    () => () => {
      feed.close();
      search.close();
    },
    [feed, search],
  );
}
