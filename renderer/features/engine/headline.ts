/** The engine's state in a few words and a colour, the same wherever it is shown. Pure. */
import type { EngineStage, EngineStatus } from '../../../electron/ipc/contract.ts';
import type { DotTone } from '../../components/status-dot.tsx';
import type { MessageKey, Translate } from '../../messages/translate.ts';

export const STAGE_TEXT = {
  locate: 'engine.stage.locate',
  start: 'engine.stage.start',
  connect: 'engine.stage.connect',
  sync: 'engine.stage.sync',
} as const satisfies Record<EngineStage, MessageKey>;

export function engineHeadline(status: EngineStatus | null, t: Translate): string {
  if (!status) return t('engine.connecting');
  switch (status.phase) {
    case 'ready':
      return t('engine.running');
    case 'starting':
      return t('engine.starting', { stage: t(STAGE_TEXT[status.stage]) });
    case 'lost':
      return t('engine.lost');
    case 'failed':
      return t('engine.failed');
  }
}

export function engineTone(status: EngineStatus | null): DotTone {
  if (!status) return 'busy';
  return ({ ready: 'run', starting: 'busy', lost: 'warn', failed: 'bad' } as const)[status.phase];
}
