/**
 * A small button in a row of a list. Rows come and go by the hundred while a list is scrolled, so it
 * holds no state: its name and key are shown by the browser.
 */
import type { ButtonHTMLAttributes } from 'react';
import { Icon, type IconName } from './icon.tsx';
import { keyNames } from './kbd.tsx';
import './button.css';

interface RowButtonProps extends Omit<
  ButtonHTMLAttributes<HTMLButtonElement>,
  'children' | 'className'
> {
  readonly icon: IconName;
  readonly label: string;
  readonly hotkey?: string;
}

export function RowButton({ icon, label, hotkey, ...rest }: RowButtonProps) {
  return (
    <button
      type="button"
      tabIndex={-1}
      aria-label={label}
      title={hotkey ? `${label} (${keyNames(hotkey).join(' ')})` : label}
      {...rest}
      className="icon-button icon-button-small"
    >
      <Icon name={icon} />
    </button>
  );
}
