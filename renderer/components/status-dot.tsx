/** The colour of a state. Always beside the state's words: colour alone says nothing. */
import './status-dot.css';

export type DotTone = 'run' | 'warn' | 'bad' | 'idle' | 'busy';

export function StatusDot({ tone, small = false }: { tone: DotTone; small?: boolean }) {
  return <span className={`dot dot-${tone}${small ? ' dot-small' : ''}`} aria-hidden="true" />;
}
