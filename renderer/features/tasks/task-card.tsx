/** One pull: whole progress, each layer, speed and time left, and what can be done with it. */
import { memo } from 'react';
import type { PullLayer, Task } from '../../../electron/ipc/contract.ts';
import { useBridge } from '../../bridge/bridge-context.tsx';
import { Button, IconButton } from '../../components/button.tsx';
import { Icon } from '../../components/icon.tsx';
import { Progress } from '../../components/progress.tsx';
import { useLanguage } from '../../messages/language-context.tsx';
import { progressOf, timeLeftMs } from './store.ts';
import { askTask } from './task-actions.ts';
import './tasks.css';

export function TaskCard({ task }: { task: Task }) {
  const { t, formats } = useLanguage();
  const bridge = useBridge();
  const progress = progressOf(task);
  const isRunning = task.state === 'running';
  return (
    <li className={`task task-${task.state}`} aria-label={task.subject}>
      <div className="task-head">
        {!isRunning && (
          <Icon
            name={task.state === 'done' ? 'check' : task.state === 'failed' ? 'warning' : 'close'}
          />
        )}
        <b className="truncate" title={task.subject}>
          {t(`task.${task.state}`, { subject: task.subject })}
        </b>
        {isRunning && progress !== null && <span>{formats.percent(progress)}</span>}
        <TaskButtons task={task} />
      </div>
      {isRunning && (
        <>
          {task.layers.length === 0 ? (
            <Progress value={null} label={task.subject} />
          ) : (
            <ul className="task-layers">
              {task.layers.map((layer) => (
                <LayerLine key={layer.id} layer={layer} />
              ))}
            </ul>
          )}
          <TaskSpeed task={task} />
        </>
      )}
      {task.error && <p className="task-error">{task.error}</p>}
      {task.state === 'failed' && (
        <div className="task-foot">
          <Button icon="restart" onClick={() => void askTask(bridge, 'retry', task.taskId)}>
            {t('action.retry')}
          </Button>
        </div>
      )}
    </li>
  );
}

function TaskButtons({ task }: { task: Task }) {
  const { t } = useLanguage();
  const bridge = useBridge();
  const isRunning = task.state === 'running';
  return (
    <IconButton
      size="small"
      icon="close"
      label={t(isRunning ? 'action.cancel' : 'action.dismiss')}
      onClick={() => void askTask(bridge, isRunning ? 'cancel' : 'dismiss', task.taskId)}
    />
  );
}

const LayerLine = memo(function LayerLine({ layer }: { layer: PullLayer }) {
  const { t, formats } = useLanguage();
  const isOver = layer.phase === 'done' || layer.phase === 'exists';
  const value = isOver
    ? 1
    : layer.phase === 'waiting'
      ? 0
      : layer.totalBytes > 0
        ? Math.min(1, layer.currentBytes / layer.totalBytes)
        : null;
  const note =
    layer.phase === 'downloading' && layer.totalBytes > 0
      ? t('task.bytes', {
          current: formats.bytes(layer.currentBytes),
          total: formats.bytes(layer.totalBytes),
        })
      : t(`layer.${layer.phase}`);
  return (
    <li className="task-layer">
      <code>{layer.id}</code>
      <Progress value={value} label={layer.id} tone={isOver ? 'good' : 'accent'} />
      <span>{note}</span>
    </li>
  );
});

function TaskSpeed({ task }: { task: Task }) {
  const { t, formats } = useLanguage();
  const leftMs = timeLeftMs(task);
  return (
    <div className="task-foot task-speed">
      <span>
        {task.bytesPerSecond > 0 && t('task.speed', { speed: formats.bytes(task.bytesPerSecond) })}
      </span>
      <span>{leftMs !== null && t('task.left', { duration: formats.duration(leftMs) })}</span>
    </div>
  );
}
