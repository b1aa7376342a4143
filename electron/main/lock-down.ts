/**
 * What no page of this app may do, whatever it manages to run: leave its own origin, open windows,
 * embed others, ask for permissions, load or download anything from anywhere else.
 */
import { app, session, type WebContents } from 'electron';
import { APP_ORIGIN, APP_SCHEME } from '../ipc/channels.ts';

/** Copying is a button of the window, pasting a key of its terminal. */
const GRANTED_PERMISSIONS: ReadonlySet<string> = new Set([
  'clipboard-sanitized-write',
  'clipboard-read',
]);
const LOADABLE = new Set([`${APP_SCHEME}:`, 'blob:', 'data:', 'devtools:']);

/** To be called once, when Electron is ready and before the first window. */
export function lockDown(): void {
  const { defaultSession } = session;
  defaultSession.setPermissionRequestHandler((contents, permission, grant) =>
    grant(isGranted(permission, contents.getURL())),
  );
  defaultSession.setPermissionCheckHandler((_contents, permission, origin) =>
    isGranted(permission, origin),
  );
  // A log is saved from a blob that the page itself made; the system asks where to.
  defaultSession.on('will-download', (event, item) => {
    if (!item.getURL().startsWith(`blob:${APP_ORIGIN}/`)) event.preventDefault();
  });
  defaultSession.webRequest.onBeforeRequest(({ url }, decide) =>
    decide({ cancel: !LOADABLE.has(new URL(url).protocol) }),
  );
  app.on('web-contents-created', (_event, contents) => lockContents(contents));
}

function lockContents(contents: WebContents): void {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  contents.on('will-frame-navigate', (event) => {
    if (!isOurs(event.url)) event.preventDefault();
  });
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
}

function isGranted(permission: string, url: string): boolean {
  return GRANTED_PERMISSIONS.has(permission) && isOurs(url);
}

function isOurs(url: string): boolean {
  return url === APP_ORIGIN || url.startsWith(`${APP_ORIGIN}/`);
}
