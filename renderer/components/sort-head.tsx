/** The head of a column that can be sorted by. */
import { Icon } from './icon.tsx';

interface SortHeadProps {
  readonly label: string;
  readonly className?: string;
  /** Null when the list is sorted by another column. */
  readonly direction: 'ascending' | 'descending' | null;
  readonly onSort: () => void;
}

export function SortHead({ label, className = '', direction, onSort }: SortHeadProps) {
  return (
    <span
      role="columnheader"
      className={`grid-column ${className}`}
      aria-sort={direction ?? 'none'}
    >
      <button type="button" onClick={onSort}>
        {label}
        {direction && <Icon name={direction === 'ascending' ? 'chevronDown' : 'chevronUp'} />}
      </button>
    </span>
  );
}
