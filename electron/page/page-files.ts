/**
 * The built renderer as files to serve: what `app://` and the browser-mode server have in common. A
 * path without an extension is a view of the window and answers with `index.html`; nothing outside
 * the folder is ever read.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

export interface PageFile {
  readonly bytes: Buffer<ArrayBuffer>;
  readonly contentType: string;
}

/**
 * No inline script, nothing remote. Styles may be inline: xterm sizes its rows by style elements.
 * `connect-src` names the WebSocket of the browser mode.
 */
export function contentSecurityPolicy(webSocketOrigin = ''): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src 'self' ${webSocketOrigin}`.trim(),
    "worker-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Undefined where there is no such file. `pathname` is that of a URL, percent-encoded. */
export async function readPageFile(
  folder: string,
  pathname: string,
): Promise<PageFile | undefined> {
  const relative = decodePath(pathname);
  if (relative === undefined) return undefined;
  const extension = path.posix.extname(relative);
  const name = extension === '' ? 'index.html' : relative;
  const filePath = path.join(folder, name);
  if (!filePath.startsWith(path.join(folder, path.sep))) return undefined;
  const contentType = CONTENT_TYPES[extension || '.html'];
  if (contentType === undefined) return undefined;
  const bytes = await readFile(filePath).catch(() => undefined);
  return bytes && { bytes, contentType };
}

function decodePath(pathname: string): string | undefined {
  try {
    const decoded = path.posix.normalize(decodeURIComponent(pathname));
    return decoded.includes('\0') ? undefined : decoded;
  } catch {
    return undefined;
  }
}
