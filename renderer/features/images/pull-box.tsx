/** The field that pulls: Enter starts, the progress goes on in a task card. */
import { useId, useState, type FormEvent } from 'react';
import { useActions } from '../../app/actions-context.tsx';
import { problemOf } from '../../bridge/bridge.ts';
import { Button } from '../../components/button.tsx';
import { TextInput } from '../../components/field.tsx';
import { useLanguage } from '../../messages/language-context.tsx';
import { useEngine } from '../engine/store.ts';
import { referenceProblem, tidyReference } from './reference.ts';

export function PullBox() {
  const { t } = useLanguage();
  const { images: actions } = useActions();
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const noteId = useId();
  const isReady = useEngine((state) => state.status?.phase === 'ready');
  const pull = async () => {
    const reference = tidyReference(text);
    const wrong = reference === '' ? null : referenceProblem(reference);
    if (reference === '' || wrong) {
      setProblem(t(wrong ? `pull.problem.${wrong}` : 'pull.problem.empty'));
      return;
    }
    setProblem(null);
    try {
      await actions.pull(reference);
      setText('');
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  return (
    <form
      className="pull-box"
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        void pull();
      }}
    >
      <TextInput
        mono
        aria-label={t('pull.label')}
        placeholder={t('pull.placeholder')}
        value={text}
        data-pull-field
        aria-invalid={problem !== null || undefined}
        aria-describedby={problem === null ? undefined : noteId}
        onChange={(event) => {
          setText(event.target.value);
          setProblem(null);
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.stopPropagation();
          setText('');
          setProblem(null);
          event.currentTarget.blur();
        }}
      />
      <Button type="submit" tone="primary" icon="download" disabled={!isReady}>
        {t('action.pull')}
      </Button>
      {problem !== null && (
        <p className="pull-problem" id={noteId} role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}
