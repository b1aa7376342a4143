/** What went wrong with the engine, what can be done about it, and the end of its log. */
import type { EngineHint, EngineStatus } from '../../../electron/ipc/contract.ts';
import { problemOf } from '../../bridge/bridge.ts';
import { useBridge } from '../../bridge/bridge-context.tsx';
import { Button } from '../../components/button.tsx';
import { copyText } from '../../components/copy.ts';
import { showToast } from '../../components/toast-store.ts';
import { useLanguage } from '../../messages/language-context.tsx';
import type { MessageKey } from '../../messages/translate.ts';

const HINTS = {
  'install-packages': 'engine.hint.installPackages',
  'needs-root': 'engine.hint.needsRoot',
  'not-in-group': 'engine.hint.notInGroup',
  'engine-exited': 'engine.hint.engineExited',
  'socket-missing': 'engine.hint.socketMissing',
} as const satisfies Record<EngineHint, MessageKey>;

export function EngineProblem({ problem }: { problem: NonNullable<EngineStatus['problem']> }) {
  const { t } = useLanguage();
  return (
    <div className="engine-problem">
      <p className="engine-problem-message">{problem.message}</p>
      {problem.hint && <p>{t(HINTS[problem.hint])}</p>}
      {problem.logTail.length > 0 && (
        <pre className="engine-log" tabIndex={0} role="region" aria-label={t('engine.logTail')}>
          {problem.logTail.join('\n')}
        </pre>
      )}
    </div>
  );
}

/** Retry and Copy diagnostics: what every state of trouble offers. */
export function EngineRemedies({ canRetry }: { canRetry: boolean }) {
  const { t } = useLanguage();
  const bridge = useBridge();
  const copyDiagnostics = async () => {
    try {
      await copyText((await bridge.call('engine.diagnostics')).text);
    } catch (error) {
      showToast({ tone: 'bad', title: 'failure.diagnostics', detail: problemOf(error) });
    }
  };
  return (
    <>
      {canRetry && (
        <Button tone="primary" icon="restart" onClick={() => void bridge.call('engine.retry')}>
          {t('action.retry')}
        </Button>
      )}
      <Button icon="copy" onClick={() => void copyDiagnostics()}>
        {t('engine.copyDiagnostics')}
      </Button>
    </>
  );
}
