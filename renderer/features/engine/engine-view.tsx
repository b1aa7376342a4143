/** Diagnostics: how the engine stands, what it runs on, what it says. */
import { StatusDot } from '../../components/status-dot.tsx';
import { useLanguage } from '../../messages/language-context.tsx';
import { EngineProblem, EngineRemedies } from './engine-problem.tsx';
import { EngineFacts } from './engine-facts.tsx';
import { EngineStages } from './engine-stages.tsx';
import { engineHeadline, engineTone } from './headline.ts';
import { useEngine } from './store.ts';

export function EngineView() {
  const { t } = useLanguage();
  const status = useEngine((state) => state.status);
  const warnings = useEngine((state) => state.summary?.warnings ?? NONE);
  return (
    <div className="view-page">
      <div className="view-column">
        <h1>{t('engine.title')}</h1>
        <section className="panel">
          <div className="panel-row engine-state">
            <StatusDot tone={engineTone(status)} />
            <b>{engineHeadline(status, t)}</b>
            <span className="engine-remedies">
              <EngineRemedies canRetry={status?.phase === 'failed' || status?.phase === 'lost'} />
            </span>
          </div>
          {status && status.phase !== 'ready' && (
            <div className="panel-row">
              <EngineStages status={status} />
            </div>
          )}
          {status?.problem && (
            <div className="panel-row">
              <EngineProblem problem={status.problem} />
            </div>
          )}
        </section>
        <EngineFacts />
        {warnings.length > 0 && (
          <>
            <h2 className="panel-title">{t('engine.warnings')}</h2>
            <ul className="panel">
              {warnings.map((warning) => (
                <li className="panel-row" key={warning}>
                  {warning}
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </div>
  );
}

const NONE: readonly string[] = [];
