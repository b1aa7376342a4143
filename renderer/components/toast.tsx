/** The notices of `toast-store.ts`. Hovering keeps one from leaving. */
import { useEffect, useState } from 'react';
import { useLanguage } from '../messages/language-context.tsx';
import { Button, IconButton } from './button.tsx';
import { Icon } from './icon.tsx';
import { dismissToast, useToasts, type Toast } from './toast-store.ts';
import './toast.css';

export function Toasts() {
  const toasts = useToasts((state) => state.toasts);
  return (
    <div className="toasts">
      {toasts.map((toast) => (
        <ToastCard key={toast.id} toast={toast} />
      ))}
    </div>
  );
}

function ToastCard({ toast }: { toast: Toast }) {
  const { t } = useLanguage();
  const [held, setHeld] = useState(false);
  const undoable = toast.action !== undefined;
  useEffect(() => {
    // An undo ends when its action is sent, hovered or not.
    if (toast.lastsMs === null || (held && !undoable)) return;
    const timer = setTimeout(() => dismissToast(toast.id), toast.lastsMs);
    return () => clearTimeout(timer);
  }, [toast, held, undoable]);
  return (
    <div
      className={`toast toast-${toast.tone}`}
      role={toast.tone === 'bad' ? 'alert' : 'status'}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
    >
      {toast.tone !== 'info' && <Icon name={toast.tone === 'bad' ? 'warning' : 'check'} />}
      <div className="toast-text">
        <p>{t(toast.title, toast.values)}</p>
        {toast.detail && <p className="toast-detail">{toast.detail}</p>}
      </div>
      {toast.action && (
        <Button
          tone="quiet"
          onClick={() => {
            dismissToast(toast.id);
            toast.action?.run();
          }}
        >
          {t(toast.action.label)}
        </Button>
      )}
      <IconButton
        icon="close"
        size="small"
        label={t('action.dismiss')}
        onClick={() => dismissToast(toast.id)}
      />
    </div>
  );
}
