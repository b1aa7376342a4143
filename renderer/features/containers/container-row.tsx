/** One container in the list. It renders again only when itself, its choice or its question changes. */
import { memo, type MouseEvent } from 'react';
import { useActions } from '../../app/actions-context.tsx';
import { navigate } from '../../app/router.ts';
import { RowButton } from '../../components/row-button.tsx';
import { StatusDot } from '../../components/status-dot.tsx';
import { useLanguage } from '../../messages/language-context.tsx';
import { Ports } from './ports.tsx';
import { RemovalPrompt } from './removal-prompt.tsx';
import { isAlive, nameOf, stateTextKey, toneOf } from './state.ts';
import { StatusText } from './status-text.tsx';
import { useContainer, useContainers } from './store.ts';
import { useContainersView } from './view-store.ts';

interface ContainerRowProps {
  readonly id: string;
  readonly index: number;
  readonly isOpen: boolean;
  readonly onClick: (id: string, event: MouseEvent) => void;
  readonly onCheck: (id: string) => void;
}

export const ContainerRow = memo(function ContainerRow(props: ContainerRowProps) {
  const { id, index, isOpen, onClick, onCheck } = props;
  const { t } = useLanguage();
  const container = useContainer(id);
  const pending = useContainers((state) => state.pending.get(id));
  const isChosen = useContainersView((view) => view.selection.chosen.has(id));
  const isCursor = useContainersView((view) => view.selection.cursor === id);
  const isAsked = useContainersView(
    ({ question }) => question?.place === 'row' && question.ids.includes(id),
  );
  if (!container) return null;
  const name = nameOf(container);
  const classes = [
    'grid-row container-columns',
    isChosen && 'grid-row-chosen',
    isOpen && 'grid-row-open',
    isCursor && 'grid-row-cursor',
  ];
  return (
    // Keys are the grid's: `useKeys` acts on the row that `aria-activedescendant` names.
    <div
      id={`row-${id}`}
      role="row"
      aria-label={name}
      aria-rowindex={index + 2}
      aria-selected={isChosen || isOpen}
      className={classes.filter(Boolean).join(' ')}
      onClick={(event) => onClick(id, event)}
      onDoubleClick={() => navigate({ view: 'containers', id, full: true })}
    >
      <span className="grid-cell grid-cell-mark" role="gridcell">
        <StatusDot tone={toneOf(container, pending)} />
        <input
          type="checkbox"
          tabIndex={-1}
          aria-label={t('containers.choose', { name })}
          checked={isChosen}
          onClick={(event) => event.stopPropagation()}
          onChange={() => onCheck(id)}
        />
      </span>
      <span className="grid-cell grid-name" role="gridcell">
        {name}
      </span>
      <span className="grid-cell grid-mono container-image" role="gridcell" title={container.Image}>
        {container.Image}
      </span>
      <span className="grid-cell container-ports" role="gridcell">
        <Ports container={container} isCompact />
      </span>
      <span className="grid-cell grid-quiet container-status" role="gridcell">
        {pending ? t(stateTextKey(container, pending)) : <StatusText container={container} />}
      </span>
      <RowActions id={id} isRunning={isAlive(container)} isBusy={pending !== undefined} />
      {isAsked && (
        <div className="row-question question" role="gridcell">
          <RemovalPrompt ids={[id]} />
        </div>
      )}
    </div>
  );
});

interface RowActionsProps {
  readonly id: string;
  readonly isRunning: boolean;
  readonly isBusy: boolean;
}

function RowActions({ id, isRunning, isBusy }: RowActionsProps) {
  const { t } = useLanguage();
  const { containers: actions } = useActions();
  return (
    <span className="row-actions" role="gridcell" onClick={(event) => event.stopPropagation()}>
      {isRunning ? (
        <RowButton
          icon="stop"
          label={t('action.stop')}
          hotkey="s"
          disabled={isBusy}
          onClick={() => void actions.act('stop', [id])}
        />
      ) : (
        <RowButton
          icon="start"
          label={t('action.start')}
          hotkey="s"
          disabled={isBusy}
          onClick={() => void actions.act('start', [id])}
        />
      )}
      {isRunning && (
        <RowButton
          icon="restart"
          label={t('action.restart')}
          hotkey="r"
          disabled={isBusy}
          onClick={() => void actions.act('restart', [id])}
        />
      )}
      <RowButton
        icon="logs"
        label={t('tab.logs')}
        hotkey="l"
        onClick={() => navigate({ view: 'containers', id, tab: 'logs' })}
      />
      <RowButton
        icon="terminal"
        label={t('tab.terminal')}
        hotkey="t"
        onClick={() => navigate({ view: 'containers', id, tab: 'terminal' })}
      />
      <RowButton
        icon="remove"
        label={t('action.remove')}
        hotkey="Backspace"
        onClick={() => actions.remove([id], 'row')}
      />
    </span>
  );
}
