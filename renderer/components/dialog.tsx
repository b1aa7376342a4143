/**
 * A modal on the browser's own dialog element: the rest of the page is inert, focus comes back where
 * it was, Escape and a click outside close it.
 */
import { useEffect, useRef, type ReactNode } from 'react';
import './dialog.css';

interface DialogProps {
  readonly label: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly look?: 'center' | 'palette';
}

export function Dialog({ label, onClose, children, look = 'center' }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    if (!element) return;
    const before = document.activeElement;
    element.showModal();
    // The browser would give the focus to the first button, and its ring with it.
    if (!element.querySelector('[autofocus], input')) element.focus();
    return () => {
      element.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      className={`dialog dialog-${look}`}
      aria-label={label}
      tabIndex={-1}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onKeyDown={(event) => event.stopPropagation()}
      onPointerDown={(event) => event.target === event.currentTarget && onClose()}
    >
      <div className="dialog-box">{children}</div>
    </dialog>
  );
}
