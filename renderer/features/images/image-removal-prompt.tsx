/** Asks before images go; when the engine refused because of a conflict, says why and offers force. */
import { useEffect, useRef } from 'react';
import { useActions } from '../../app/actions-context.tsx';
import { Button } from '../../components/button.tsx';
import { useLanguage } from '../../messages/language-context.tsx';
import { shortId } from '../containers/state.ts';
import { useImagesView, type ImageQuestion } from './view-store.ts';

export function ImageRemovalPrompt({ question }: { question: ImageQuestion }) {
  const { t } = useLanguage();
  const { images: actions } = useActions();
  const cancel = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    cancel.current?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const [first = ''] = question.keys;
  const name = first.startsWith('sha256:') ? shortId(first) : first;
  const conflict = question.conflict !== undefined;
  return (
    <>
      <span className="question-text" role="alert" title={question.conflict}>
        {question.conflict ?? t('images.askRemove', { count: question.keys.length, name })}
      </span>
      <Button tone="danger" onClick={() => void actions.remove(question, conflict)}>
        {t(conflict ? 'action.forceRemove' : 'action.remove')}
      </Button>
      <Button ref={cancel} onClick={() => useImagesView.setState({ question: null })}>
        {t('action.cancel')}
      </Button>
    </>
  );
}
