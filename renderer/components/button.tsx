/** Buttons with words, and buttons with a picture and a name. */
import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import { Icon, type IconName } from './icon.tsx';
import { Tooltip } from './tooltip.tsx';
import './button.css';

type NativeButton = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'children' | 'className'>;

interface ButtonProps extends NativeButton {
  readonly tone?: 'plain' | 'primary' | 'danger' | 'quiet';
  readonly icon?: IconName;
  readonly children: ReactNode;
  readonly ref?: Ref<HTMLButtonElement>;
}

export function Button({ tone = 'plain', icon, children, ...rest }: ButtonProps) {
  return (
    <button type="button" {...rest} className={`button button-${tone}`}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

interface IconButtonProps extends NativeButton {
  readonly icon: IconName;
  /** Its name, also shown on hover. */
  readonly label: string;
  /** The key that does the same, shown beside the name. */
  readonly hotkey?: string;
  readonly size?: 'small' | 'normal';
  readonly ref?: Ref<HTMLButtonElement>;
}

export function IconButton({ icon, label, hotkey, size = 'normal', ...rest }: IconButtonProps) {
  return (
    <Tooltip text={label} {...(hotkey ? { hotkey } : {})}>
      <button
        type="button"
        aria-label={label}
        {...rest}
        className={`icon-button icon-button-${size}`}
      >
        <Icon name={icon} />
      </button>
    </Tooltip>
  );
}
