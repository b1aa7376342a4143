/** The stages of bringing the engine up: done, under way with its time, to come. */
import { ENGINE_STAGES, type EngineStatus } from '../../../electron/ipc/contract.ts';
import { useNow } from '../../app/clock.ts';
import { Icon } from '../../components/icon.tsx';
import { StatusDot } from '../../components/status-dot.tsx';
import { useLanguage } from '../../messages/language-context.tsx';
import { STAGE_TEXT } from './headline.ts';
import './engine.css';

export function EngineStages({ status }: { status: EngineStatus }) {
  const { t } = useLanguage();
  const current = ENGINE_STAGES.indexOf(status.stage);
  return (
    <ol className="engine-stages" aria-label={t('engine.stages')}>
      {ENGINE_STAGES.map((stage, index) => {
        const done = status.phase === 'ready' || index < current;
        const now = !done && index === current;
        return (
          <li key={stage} className={now ? 'engine-stage engine-stage-now' : 'engine-stage'}>
            <span className="engine-stage-mark">
              {done ? (
                <Icon name="check" />
              ) : (
                <StatusDot
                  tone={now ? (status.phase === 'failed' ? 'bad' : 'busy') : 'idle'}
                  small={!now}
                />
              )}
            </span>
            {t(STAGE_TEXT[stage])}
            {now && status.phase !== 'failed' && <StageTime status={status} />}
          </li>
        );
      })}
    </ol>
  );
}

function StageTime({ status }: { status: EngineStatus }) {
  const { t, formats } = useLanguage();
  const nowMs = useNow('second');
  const takenMs = nowMs - status.stageStartedMs;
  if (takenMs < 1_000) return null;
  return (
    <span className="engine-stage-time">
      {t('engine.stageTime', {
        taken: formats.duration(takenMs),
        limit: formats.duration(status.stageDeadlineMs - status.stageStartedMs),
      })}
    </span>
  );
}
