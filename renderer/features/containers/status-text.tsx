/** A state with its time: only this text renders again as it ages. */
import type { WatchedContainer } from '../../../electron/ipc/contract.ts';
import { useNowFor } from '../../app/clock.ts';
import { useLanguage } from '../../messages/language-context.tsx';
import { isAlive, isUnhealthy } from './state.ts';

/** Go's zero time: it never happened. */
const NEVER = '0001-';

interface StatusTextProps {
  readonly container: WatchedContainer;
  /** In full where there is room: `Running for 3 hours`. */
  readonly long?: boolean;
}

export function StatusText({ container, long = false }: StatusTextProps) {
  const { t } = useLanguage();
  const { State: state, Health: health } = container;
  const since = isAlive(container) ? container.StartedAt : container.FinishedAt;
  const sinceMs = since && !since.startsWith(NEVER) ? Date.parse(since) : Number.NaN;
  if (state === 'running') {
    const age = Number.isNaN(sinceMs) ? (
      t('state.running')
    ) : (
      <Age sinceMs={sinceMs} look={long ? 'up' : 'plain'} />
    );
    if (long) return age;
    if (isUnhealthy(container))
      return (
        <span className="status-bad">
          {t('state.unhealthy')}
          <RestartCount count={container.RestartCount} />
        </span>
      );
    if (health === 'starting') return t('state.healthStarting');
    return (
      <>
        {age}
        <RestartCount count={container.RestartCount} />
      </>
    );
  }
  if (state === 'exited')
    return (
      <span className={container.ExitCode === 0 ? undefined : 'status-exit'}>
        {t('state.exitedWith', { code: container.ExitCode })}
        {!Number.isNaN(sinceMs) && (
          <span className="status-ago">
            {' · '}
            <Age sinceMs={sinceMs} look="ago" />
          </span>
        )}
      </span>
    );
  return t(`state.${state}`);
}

function RestartCount({ count }: { count: number }) {
  const { t } = useLanguage();
  return count > 0 ? <> · {t('state.restarts', { count })}</> : null;
}

/** Seconds matter for the first minute only; after it the shared clock ticks by the minute. */
function Age({ sinceMs, look }: { sinceMs: number; look: 'plain' | 'up' | 'ago' }) {
  const { t, formats } = useLanguage();
  const ageMs = useNowFor(sinceMs) - sinceMs;
  if (look === 'ago') return formats.ago(ageMs);
  const duration = formats.duration(ageMs);
  return look === 'up' ? t('state.upFor', { duration }) : duration;
}
