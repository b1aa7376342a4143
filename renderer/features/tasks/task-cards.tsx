/**
 * The cards in the corner: what runs, and what ended a moment ago. A finished pull leaves by itself,
 * a failed one stays until somebody has seen it; all of them stay in Activity.
 */
import { useEffect } from 'react';
import { useNow } from '../../app/clock.ts';
import { useLanguage } from '../../messages/language-context.tsx';
import { TaskCard } from './task-card.tsx';
import { inOrder, lastDone, putAway, useTasks } from './store.ts';

const MOST_CARDS = 3;
const DONE_STAYS_MS = 5_000;
/** What ended longer ago (before a reload, say) is news no more. */
const NEWS_MS = 60_000;

export function TaskCards() {
  const { t } = useLanguage();
  const nowMs = useNow('minute');
  const tasks = useTasks((state) => state.tasks);
  const away = useTasks((state) => state.putAway);
  const shown = inOrder(tasks).filter(
    (task) =>
      task.state === 'running' || (!away.has(task.taskId) && nowMs - (task.endedMs ?? 0) < NEWS_MS),
  );
  const leaving = shown.filter((task) => task.state === 'done' || task.state === 'cancelled');
  const leavingIds = leaving.map((task) => task.taskId).join(' ');
  useEffect(() => {
    if (leavingIds === '') return;
    const timer = setTimeout(() => {
      for (const taskId of leavingIds.split(' ')) putAway(taskId);
    }, DONE_STAYS_MS);
    return () => clearTimeout(timer);
  }, [leavingIds]);
  const cards = shown.slice(0, MOST_CARDS);
  const done = lastDone(tasks);
  return (
    <>
      <span className="visually-hidden" role="status">
        {done && t('task.done', { subject: done.subject })}
      </span>
      {cards.length > 0 && (
        <ul className="task-cards" aria-label={t('nav.activity')}>
          {cards.map((task) => (
            <TaskCard key={task.taskId} task={task} />
          ))}
          {shown.length > cards.length && (
            <li className="task-more">
              <a href="#/activity">{t('task.more', { count: shown.length - cards.length })}</a>
            </li>
          )}
        </ul>
      )}
    </>
  );
}
