/** A menu under a button, by the ARIA pattern: arrows move, Escape closes, letters are left alone. */
import {
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactNode,
} from 'react';
import { createPortal } from 'react-dom';
import { Icon, type IconName } from './icon.tsx';
import { Kbd } from './kbd.tsx';
import './menu.css';

export type MenuItem =
  | {
      readonly label: string;
      readonly icon?: IconName;
      readonly hotkey?: string;
      readonly checked?: boolean;
      readonly danger?: boolean;
      readonly disabled?: boolean;
      readonly run: () => void;
    }
  | 'line';

interface MenuPlace {
  readonly x: number;
  readonly y: number;
}

interface MenuProps {
  readonly label: string;
  readonly items: readonly MenuItem[];
  readonly at: MenuPlace;
  readonly onClose: () => void;
}

export function Menu({ label, items, at, onClose }: MenuProps) {
  const box = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState(at);
  useLayoutEffect(() => {
    const size = box.current?.getBoundingClientRect();
    if (!size) return;
    setPlace({
      x: Math.max(8, Math.min(at.x, window.innerWidth - size.width - 8)),
      y: Math.max(8, Math.min(at.y, window.innerHeight - size.height - 8)),
    });
  }, [at]);
  useEffect(() => {
    const before = document.activeElement;
    entries(box.current)[0]?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const handleKey = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === 'Escape' || event.key === 'Tab') onClose();
    else if (event.key === 'ArrowDown') step(box.current, 1);
    else if (event.key === 'ArrowUp') step(box.current, -1);
    else return;
    event.preventDefault();
  };
  return createPortal(
    <div
      className="menu-scrim"
      onPointerDown={onClose}
      onContextMenu={(event) => event.preventDefault()}
    >
      <div
        ref={box}
        className="menu"
        role="menu"
        aria-label={label}
        tabIndex={-1}
        style={{ left: place.x, top: place.y }}
        onKeyDown={handleKey}
        onPointerDown={(event) => event.stopPropagation()}
      >
        {items.map((item, index) =>
          item === 'line' ? (
            // A separator has no identity but its place.
            // oxlint-disable-next-line react/no-array-index-key
            <div className="menu-line" role="separator" key={`line-${index}`} />
          ) : (
            <button
              type="button"
              key={item.label}
              role={item.checked === undefined ? 'menuitem' : 'menuitemradio'}
              aria-checked={item.checked}
              className={item.danger ? 'menu-item menu-item-danger' : 'menu-item'}
              disabled={item.disabled}
              tabIndex={-1}
              onPointerEnter={(event) => event.currentTarget.focus()}
              onClick={() => {
                onClose();
                item.run();
              }}
            >
              <span className="menu-icon">
                {item.checked ? <Icon name="check" /> : item.icon && <Icon name={item.icon} />}
              </span>
              <span className="menu-label">{item.label}</span>
              {item.hotkey && <Kbd keys={item.hotkey} />}
            </button>
          ),
        )}
      </div>
    </div>,
    document.body,
  );
}

interface MenuButtonProps {
  readonly label: string;
  readonly items: readonly MenuItem[];
  /** Draws the button; `open` opens the menu under the element given. */
  readonly children: (open: (button: Element) => void, isOpen: boolean) => ReactNode;
}

export function MenuButton({ label, items, children }: MenuButtonProps) {
  const [at, setAt] = useState<MenuPlace | null>(null);
  const open = (button: Element) => {
    const box = button.getBoundingClientRect();
    setAt({ x: box.left, y: box.bottom + 4 });
  };
  return (
    <>
      {children(open, at !== null)}
      {at && <Menu label={label} items={items} at={at} onClose={() => setAt(null)} />}
    </>
  );
}

function entries(menu: Element | null): HTMLElement[] {
  return [...(menu?.querySelectorAll<HTMLElement>('[role^=menuitem]:not(:disabled)') ?? [])];
}

function step(menu: Element | null, by: number): void {
  const all = entries(menu);
  const at = all.indexOf(document.activeElement as HTMLElement);
  all[(at + by + all.length) % all.length]?.focus();
}
