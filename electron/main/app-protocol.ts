/**
 * `app://gantry/…`: the built renderer, and nothing else, with a policy that lets nothing else in.
 * Must be declared before Electron is ready and served after.
 */
import { protocol } from 'electron';
import { APP_SCHEME } from '../ipc/channels.ts';
import { contentSecurityPolicy, readPageFile } from '../page/page-files.ts';

export function declareAppProtocol(): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme: APP_SCHEME,
      privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true },
    },
  ]);
}

export function serveAppProtocol(pageFolder: string): void {
  protocol.handle(APP_SCHEME, async ({ url, method }) => {
    const { hostname, pathname } = new URL(url);
    const file =
      hostname === 'gantry' && method === 'GET'
        ? await readPageFile(pageFolder, pathname)
        : undefined;
    if (!file) return new Response(null, { status: 404 });
    return new Response(file.bytes, {
      headers: {
        'Content-Type': file.contentType,
        'Content-Security-Policy': contentSecurityPolicy(),
        'X-Content-Type-Options': 'nosniff',
      },
    });
  });
}
