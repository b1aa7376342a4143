/** What can be done with the rows that are chosen. */
import { useActions } from '../../app/actions-context.tsx';
import { Button, IconButton } from '../../components/button.tsx';
import { useLanguage } from '../../messages/language-context.tsx';
import { RemovalPrompt } from './removal-prompt.tsx';
import { isAlive } from './state.ts';
import { useContainers } from './store.ts';
import { useContainersView } from './view-store.ts';

export function ContainerBulkBar() {
  const { t } = useLanguage();
  const { containers: actions } = useActions();
  const selection = useContainersView((view) => view.selection);
  const asked = useContainersView((view) => view.question?.place === 'bulk' && view.question.ids);
  const byId = useContainers((state) => state.byId);
  const ids = [...selection.chosen];
  const running = ids.filter((id) => {
    const container = byId.get(id);
    return container && isAlive(container);
  }).length;
  if (asked)
    return (
      <div className="bulk-bar question">
        <RemovalPrompt ids={asked} />
      </div>
    );
  return (
    <div className="bulk-bar" role="toolbar" aria-label={t('bulk.label')}>
      <span className="bulk-bar-count">{t('bulk.count', { count: ids.length })}</span>
      <Button
        icon="start"
        disabled={running === ids.length}
        onClick={() => void actions.act('start', ids)}
      >
        {t('action.start')}
      </Button>
      <Button icon="stop" disabled={running === 0} onClick={() => void actions.act('stop', ids)}>
        {t('action.stop')}
      </Button>
      <Button
        icon="restart"
        disabled={running === 0}
        onClick={() => void actions.act('restart', ids)}
      >
        {t('action.restart')}
      </Button>
      <Button icon="remove" onClick={() => actions.remove(ids, 'bulk')}>
        {t('action.remove')}
      </Button>
      <IconButton
        icon="close"
        label={t('bulk.clear')}
        hotkey="Escape"
        onClick={() =>
          useContainersView.setState({ selection: { ...selection, chosen: new Set() } })
        }
      />
    </div>
  );
}
