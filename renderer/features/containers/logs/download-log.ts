/**
 * Saves a whole log as a file: every line as the container wrote it, colours and all. Read page by
 * page up to where the log ended at the click; the pages wait in a blob, which the browser keeps on
 * disk when it grows.
 */
import type { Bridge } from '../../../bridge/bridge.ts';

const PAGE_LINES = 5_000;

export async function downloadLog(bridge: Bridge, id: string, fileName: string): Promise<void> {
  const parts: Blob[] = [];
  let after = 0;
  let end = Number.POSITIVE_INFINITY;
  while (after < end) {
    const page = await bridge.call('container.logPage', { id, after, lines: PAGE_LINES });
    end = Math.min(end, page.end);
    if (page.lines.length === 0) break;
    parts.push(new Blob(page.lines.map((line) => `${line.text}\n`)));
    after = page.next;
  }
  const address = URL.createObjectURL(new Blob(parts, { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
