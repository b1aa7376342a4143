/** A bar from 0 to 1; without a value it moves to say that work goes on. */
import './progress.css';

interface ProgressProps {
  readonly value: number | null;
  readonly label: string;
  readonly tone?: 'accent' | 'good' | 'bad' | 'idle';
}

export function Progress({ value, label, tone = 'accent' }: ProgressProps) {
  return (
    <div
      className={`progress progress-${tone}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(value === null ? {} : { 'aria-valuenow': Math.round(value * 100) })}
    >
      <div
        className={value === null ? 'progress-fill progress-unknown' : 'progress-fill'}
        style={value === null ? undefined : { scale: `${value} 1` }}
      />
    </div>
  );
}
