/** Filters of which one holds, with a count where it says something. */
import type { ReactNode } from 'react';
import './chip.css';

interface ChipGroupProps<Value extends string> {
  readonly label: string;
  readonly options: readonly {
    readonly value: Value;
    readonly label: string;
    readonly count?: number;
    readonly mark?: ReactNode;
  }[];
  readonly value: Value;
  readonly onChange: (value: Value) => void;
}

export function ChipGroup<Value extends string>(props: ChipGroupProps<Value>) {
  const { label, options, value, onChange } = props;
  return (
    <div className="chips" role="group" aria-label={label}>
      {options.map((option) => (
        <button
          type="button"
          className="chip"
          key={option.value}
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
        >
          {option.mark}
          {option.label}
          {option.count !== undefined && <span className="chip-count">{option.count}</span>}
        </button>
      ))}
    </div>
  );
}
