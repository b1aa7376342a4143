/** Stands where a list would be while the engine has never been heard: its stages, or its trouble. */
import { EmptyState } from '../../components/empty-state.tsx';
import { useLanguage } from '../../messages/language-context.tsx';
import { EngineProblem, EngineRemedies } from './engine-problem.tsx';
import { EngineStages } from './engine-stages.tsx';
import { engineHeadline } from './headline.ts';
import { useEngine } from './store.ts';

export function EnginePlaceholder() {
  const { t } = useLanguage();
  const status = useEngine((state) => state.status);
  const troubled = status?.phase === 'failed' || status?.phase === 'lost';
  return (
    <EmptyState
      icon={troubled ? 'warning' : 'crane'}
      title={engineHeadline(status, t)}
      actions={troubled && <EngineRemedies canRetry={status.phase === 'failed'} />}
    >
      {status && !troubled && <EngineStages status={status} />}
      {status?.problem && <EngineProblem problem={status.problem} />}
    </EmptyState>
  );
}
