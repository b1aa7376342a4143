/** Asks before something that runs is removed. The safe answer has the focus. */
import { useEffect, useRef } from 'react';
import { useActions } from '../../app/actions-context.tsx';
import { Button } from '../../components/button.tsx';
import { useLanguage } from '../../messages/language-context.tsx';
import { isAlive, nameOf } from './state.ts';
import { useContainers } from './store.ts';
import { useContainersView } from './view-store.ts';

export function RemovalPrompt({ ids }: { ids: readonly string[] }) {
  const { t } = useLanguage();
  const { containers: actions } = useActions();
  const cancel = useRef<HTMLButtonElement>(null);
  const first = useContainers((state) => state.byId.get(ids[0] ?? ''));
  const running = useContainers(
    (state) =>
      ids.filter((id) => {
        const container = state.byId.get(id);
        return container && isAlive(container);
      }).length,
  );
  useEffect(() => {
    const before = document.activeElement;
    cancel.current?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <>
      <span className="question-text" role="alert">
        {t('containers.removeRunning', {
          count: ids.length,
          running,
          name: first ? nameOf(first) : '',
        })}
      </span>
      <Button tone="danger" onClick={() => void actions.removeNow(ids)}>
        {t('action.forceRemove')}
      </Button>
      <Button ref={cancel} onClick={() => useContainersView.setState({ question: null })}>
        {t('action.cancel')}
      </Button>
    </>
  );
}
