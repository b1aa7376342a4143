/** Activity: every pull of this session, those under way first. */
import { EmptyState } from '../../components/empty-state.tsx';
import { Button } from '../../components/button.tsx';
import { useBridge } from '../../bridge/bridge-context.tsx';
import { useLanguage } from '../../messages/language-context.tsx';
import { TaskCard } from './task-card.tsx';
import { inOrder, useTasks } from './store.ts';
import { askTask } from './task-actions.ts';

export function ActivityView() {
  const { t } = useLanguage();
  const bridge = useBridge();
  const tasks = useTasks((state) => state.tasks);
  const ended = tasks.filter((task) => task.state !== 'running');
  if (tasks.length === 0)
    return (
      <div className="view-page activity-empty">
        <h1 className="visually-hidden">{t('nav.activity')}</h1>
        <EmptyState icon="activity" title={t('activity.empty')}>
          {t('activity.emptyHint')}
        </EmptyState>
      </div>
    );
  return (
    <div className="view-page">
      <div className="view-column">
        <div className="activity-head">
          <h1>{t('nav.activity')}</h1>
          {ended.length > 0 && (
            <Button
              onClick={() => ended.forEach((task) => void askTask(bridge, 'dismiss', task.taskId))}
            >
              {t('activity.clear')}
            </Button>
          )}
        </div>
        <ul className="activity" aria-label={t('nav.activity')}>
          {inOrder(tasks).map((task) => (
            <TaskCard key={task.taskId} task={task} />
          ))}
        </ul>
      </div>
    </div>
  );
}
