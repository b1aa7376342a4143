/** A field to search with: Escape empties it, then leaves it. */
import type { KeyboardEvent, ReactNode, Ref } from 'react';
import { Icon } from './icon.tsx';
import { Kbd } from './kbd.tsx';
import './search-field.css';

interface SearchFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly onKeyDown?: (event: KeyboardEvent<HTMLInputElement>) => void;
  readonly hotkey?: string;
  readonly mono?: boolean;
  /** Shown at the end: a count, toggles. */
  readonly children?: ReactNode;
  readonly ref?: Ref<HTMLInputElement>;
  /** Marks the field that `/` leads to. */
  readonly primary?: boolean;
  readonly invalid?: boolean;
}

export function SearchField(props: SearchFieldProps) {
  const { label, value, onChange, onKeyDown, hotkey, mono, children, ref, primary, invalid } =
    props;
  const handleKey = (event: KeyboardEvent<HTMLInputElement>) => {
    onKeyDown?.(event);
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    event.preventDefault();
    event.stopPropagation();
    if (value === '') event.currentTarget.blur();
    else onChange('');
  };
  return (
    <div className={mono ? 'search-field search-field-mono' : 'search-field'}>
      <Icon name="search" />
      <input
        ref={ref}
        type="text"
        role="searchbox"
        aria-label={label}
        placeholder={label}
        value={value}
        spellCheck={false}
        autoComplete="off"
        aria-invalid={invalid || undefined}
        data-primary-search={primary || undefined}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={handleKey}
      />
      {hotkey && value === '' && <Kbd keys={hotkey} />}
      {children}
    </div>
  );
}
