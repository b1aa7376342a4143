/** Runs a container: says what it will do as a `docker run` line, pulls the image first when needed. */
import { useId, useState, type FormEvent } from 'react';
import { navigate } from '../../../app/router.ts';
import { useBridge } from '../../../bridge/bridge-context.tsx';
import { Button, IconButton } from '../../../components/button.tsx';
import { copyText } from '../../../components/copy.ts';
import { Checkbox, Field, TextInput } from '../../../components/field.tsx';
import { showToast } from '../../../components/toast-store.ts';
import { useLanguage } from '../../../messages/language-context.tsx';
import type { MessageKey } from '../../../messages/translate.ts';
import { useEngine } from '../../engine/store.ts';
import { useImages } from '../../images/store.ts';
import { tagsOf } from '../../images/rows.ts';
import { quoteWords } from './words.ts';
import { dockerRunLine, requestOf, type RunProblem } from './run-line.ts';
import { PairRows, PortRows } from './run-rows.tsx';
import { useImageDefaults, useRunFields } from './use-run-fields.ts';
import { useRunner } from './use-runner.ts';
import './run-form.css';

const PROBLEM_TEXT = {
  image: 'run.problem.image',
  name: 'run.problem.name',
  command: 'run.problem.command',
  port: 'run.problem.port',
  environment: 'run.problem.environment',
  mount: 'run.problem.mount',
} as const satisfies Record<RunProblem, MessageKey>;

export function RunForm({ image }: { image: string }) {
  const { t } = useLanguage();
  const bridge = useBridge();
  const { fields, change, isLocal } = useRunFields(image);
  const defaults = useImageDefaults(fields.image);
  const [tried, setTried] = useState(false);
  const runner = useRunner(bridge);
  const isReady = useEngine((state) => state.status?.phase === 'ready');
  const { request, problems } = requestOf(fields);
  const errorOf = (problem: RunProblem) =>
    tried && problems.includes(problem) ? t(PROBLEM_TEXT[problem]) : null;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (problems.length > 0) return;
    const result = await runner.run(request, isLocal);
    if (!result) return;
    for (const warning of result.warnings)
      showToast({ tone: 'info', title: 'run.warning', detail: warning, lastsMs: 12_000 });
    navigate({ view: 'containers', id: result.id, tab: 'logs' });
  };
  return (
    <form
      className="run-form"
      aria-label={t('run.title')}
      noValidate
      onSubmit={(event) => void submit(event)}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey))
          event.currentTarget.requestSubmit();
      }}
    >
      <header className="run-head">
        <h2>{t('run.title')}</h2>
        <IconButton
          icon="close"
          label={t('action.close')}
          hotkey="Escape"
          onClick={() => navigate({ view: 'containers' })}
        />
      </header>
      <div className="run-fields">
        <ImageField
          value={fields.image}
          onChange={(value) => change({ image: value })}
          error={errorOf('image')}
          isLocal={isLocal}
        />
        <Field label={t('run.name')} error={errorOf('name')}>
          {(tie) => (
            <TextInput
              {...tie}
              mono
              placeholder={t('run.namePlaceholder')}
              value={fields.name}
              onChange={(event) => change({ name: event.target.value })}
            />
          )}
        </Field>
        <Field label={t('run.command')} error={errorOf('command')}>
          {(tie) => (
            <TextInput
              {...tie}
              mono
              placeholder={
                defaults?.command.length
                  ? quoteWords(defaults.command)
                  : t('run.commandPlaceholder')
              }
              value={fields.command}
              onChange={(event) => change({ command: event.target.value })}
            />
          )}
        </Field>
        <PortRows
          ports={fields.ports}
          onChange={(ports) => change({ ports })}
          error={errorOf('port')}
        />
        <PairRows
          kind="environment"
          pairs={fields.environment}
          onChange={(environment) => change({ environment })}
          error={errorOf('environment')}
        />
        <PairRows
          kind="mounts"
          pairs={fields.mounts}
          onChange={(mounts) => change({ mounts })}
          error={errorOf('mount')}
        />
        <div className="run-switches">
          <Checkbox
            label={t('run.tty')}
            hint={t('run.ttyHint')}
            checked={fields.tty}
            onChange={(tty) => change({ tty })}
          />
          <Checkbox
            label={t('run.removeOnExit')}
            hint={t('run.removeOnExitHint')}
            checked={fields.removeOnExit}
            onChange={(removeOnExit) => change({ removeOnExit })}
          />
        </div>
      </div>
      <footer className="run-foot">
        <div className="run-line">
          <code aria-label={t('run.line')} role="note">
            {dockerRunLine(request)}
          </code>
          <IconButton
            size="small"
            icon="copy"
            label={t('action.copy')}
            onClick={() => void copyText(dockerRunLine(request))}
          />
        </div>
        {runner.problem && (
          <p className="run-problem" role="alert">
            {runner.problem}
          </p>
        )}
        <div className="run-buttons">
          {runner.phase === 'pulling' && <span className="run-phase">{t('run.pulling')}</span>}
          <Button onClick={() => navigate({ view: 'containers' })}>{t('action.cancel')}</Button>
          <Button
            type="submit"
            tone="primary"
            icon="start"
            disabled={!isReady || runner.phase !== 'idle'}
          >
            {t('action.run')}
          </Button>
        </div>
      </footer>
    </form>
  );
}

interface ImageFieldProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly error: string | null;
  readonly isLocal: boolean;
}

function ImageField({ value, onChange, error, isLocal }: ImageFieldProps) {
  const { t } = useLanguage();
  const listId = useId();
  const byId = useImages((state) => state.byId);
  const tags = [...byId.values()].flatMap(tagsOf).toSorted();
  const willPull = value.trim() !== '' && !isLocal;
  return (
    <Field label={t('run.image')} error={error} {...(willPull ? { hint: t('run.willPull') } : {})}>
      {(tie) => (
        <>
          <TextInput
            {...tie}
            mono
            list={listId}
            placeholder={t('pull.placeholder')}
            value={value}
            // The form is opened to be filled in from here.
            // oxlint-disable-next-line jsx-a11y/no-autofocus
            autoFocus={value === ''}
            onChange={(event) => onChange(event.target.value)}
          />
          <datalist id={listId}>
            {tags.map((tag) => (
              <option key={tag} value={tag} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}
