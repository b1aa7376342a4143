/** Short notices in a corner. At most five stand at once; the oldest makes room. */
import { create } from 'zustand';
import type { MessageKey, MessageValues } from '../messages/translate.ts';

export interface Toast {
  readonly id: number;
  readonly tone: 'info' | 'good' | 'bad';
  readonly title: MessageKey;
  readonly values?: MessageValues;
  /** The engine's own words: shown as they are. */
  readonly detail?: string;
  readonly action?: { readonly label: MessageKey; readonly run: () => void };
  /** Gone by itself after this long; errors stay until dismissed when it is null. */
  readonly lastsMs: number | null;
}

const MOST_TOASTS = 5;
let nextId = 1;

export const useToasts = create<{ readonly toasts: readonly Toast[] }>(() => ({ toasts: [] }));

export function showToast(
  toast: Omit<Toast, 'id' | 'lastsMs'> & { lastsMs?: number | null },
): number {
  const id = nextId;
  nextId += 1;
  const lastsMs =
    toast.lastsMs === undefined ? (toast.tone === 'bad' ? 12_000 : 5_000) : toast.lastsMs;
  useToasts.setState(({ toasts }) => ({
    toasts: [...toasts.slice(1 - MOST_TOASTS), { ...toast, id, lastsMs }],
  }));
  return id;
}

export function dismissToast(id: number): void {
  useToasts.setState(({ toasts }) => ({ toasts: toasts.filter((toast) => toast.id !== id) }));
}
