/** Puts text on the clipboard and says so; a browser may refuse, which is said too. */
import { showToast } from './toast-store.ts';

export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    showToast({ tone: 'good', title: 'toast.copied', lastsMs: 2_000 });
  } catch {
    showToast({ tone: 'bad', title: 'failure.copy' });
  }
}
