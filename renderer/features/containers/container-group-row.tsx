/** The head of a Compose project in the list: folds it, starts and stops all of it. */
import { memo } from 'react';
import { useActions } from '../../app/actions-context.tsx';
import { RowButton } from '../../components/row-button.tsx';
import { Icon } from '../../components/icon.tsx';
import { useLanguage } from '../../messages/language-context.tsx';
import type { ContainerRow } from './rows.ts';
import { setFolded, useContainersView } from './view-store.ts';

interface ContainerGroupRowProps {
  readonly row: Extract<ContainerRow, { kind: 'group' }>;
  readonly index: number;
}

export const ContainerGroupRow = memo(function ContainerGroupRow(props: ContainerGroupRowProps) {
  const { row, index } = props;
  const { t } = useLanguage();
  const { containers: actions } = useActions();
  const isCursor = useContainersView((view) => view.selection.cursor === row.key);
  const title = row.project || t('containers.ungrouped');
  const stopped = row.ids.length - row.running;
  return (
    <div
      id={`row-${row.key}`}
      role="row"
      aria-label={t('containers.group', { name: title })}
      aria-rowindex={index + 2}
      className={isCursor ? 'group-row grid-row-cursor' : 'group-row'}
      onClick={() => setFolded(row.key, !row.folded)}
    >
      <span role="gridcell">
        <button
          type="button"
          className="group-fold"
          tabIndex={-1}
          aria-expanded={!row.folded}
          aria-label={t(row.folded ? 'containers.unfold' : 'containers.fold', { name: title })}
        >
          <Icon name={row.folded ? 'chevronRight' : 'chevronDown'} />
        </button>
      </span>
      <span className="group-title" role="gridcell">
        <b className="truncate">{title}</b>
        <span className="group-note">
          {t('containers.groupCount', { running: row.running, total: row.ids.length })}
        </span>
      </span>
      {row.project && (
        <span
          className="group-actions"
          role="gridcell"
          onClick={(event) => event.stopPropagation()}
        >
          {stopped > 0 && (
            <RowButton
              icon="start"
              label={t('containers.startAll')}
              onClick={() => void actions.act('start', row.ids)}
            />
          )}
          {row.running > 0 && (
            <>
              <RowButton
                icon="restart"
                label={t('containers.restartAll')}
                onClick={() => void actions.act('restart', row.ids)}
              />
              <RowButton
                icon="stop"
                label={t('containers.stopAll')}
                onClick={() => void actions.act('stop', row.ids)}
              />
            </>
          )}
        </span>
      )}
    </div>
  );
});
