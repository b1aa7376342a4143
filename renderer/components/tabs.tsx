/** Tabs by the ARIA pattern: arrows move, Home and End jump; the panel is the caller's. */
import { useId, useRef, type KeyboardEvent } from 'react';
import { Icon } from './icon.tsx';
import './tabs.css';

export interface TabItem<Id extends string> {
  readonly id: Id;
  readonly label: string;
  /** Delete and a click on the cross close the tab; a button elsewhere must do it as well. */
  readonly onClose?: () => void;
}

interface TabsProps<Id extends string> {
  readonly label: string;
  readonly items: readonly TabItem<Id>[];
  readonly current: Id;
  readonly onChange: (id: Id) => void;
  readonly look?: 'line' | 'pill';
  /** Ties tabs to panels: pass the same to `tabPanelProps`. */
  readonly group: string;
}

export function Tabs<Id extends string>(props: TabsProps<Id>) {
  const { label, items, current, onChange, look = 'line', group } = props;
  const list = useRef<HTMLDivElement>(null);
  const handleKey = (event: KeyboardEvent) => {
    const at = items.findIndex((item) => item.id === current);
    if (event.key === 'Delete' && items[at]?.onClose) {
      event.preventDefault();
      event.stopPropagation();
      items[at].onClose();
      return;
    }
    const next = nextIndex(event.key, at, items.length);
    const target = next === null ? undefined : items[next];
    if (!target) return;
    event.preventDefault();
    event.stopPropagation();
    onChange(target.id);
    list.current?.querySelectorAll<HTMLElement>('[role=tab]')[next as number]?.focus();
  };
  return (
    <div className={`tabs tabs-${look}`} role="tablist" aria-label={label} ref={list}>
      {items.map((item) => (
        <span className="tab-box" key={item.id} role="presentation">
          <button
            type="button"
            role="tab"
            className="tab"
            id={`${group}-tab-${item.id}`}
            aria-selected={item.id === current}
            aria-controls={item.id === current ? `${group}-panel-${item.id}` : undefined}
            tabIndex={item.id === current ? 0 : -1}
            onClick={() => onChange(item.id)}
            onKeyDown={handleKey}
          >
            {item.label}
          </button>
          {item.onClose && (
            // A tab list holds tabs only: the cross is for the pointer, the key for everybody.
            <span className="tab-close" aria-hidden="true" onClick={item.onClose}>
              <Icon name="close" />
            </span>
          )}
        </span>
      ))}
    </div>
  );
}

export function tabPanelProps(group: string, id: string) {
  return {
    role: 'tabpanel',
    id: `${group}-panel-${id}`,
    'aria-labelledby': `${group}-tab-${id}`,
  } as const;
}

export function useTabGroup(): string {
  return useId();
}

function nextIndex(key: string, at: number, count: number): number | null {
  switch (key) {
    case 'ArrowRight':
      return (at + 1) % count;
    case 'ArrowLeft':
      return (at - 1 + count) % count;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}
