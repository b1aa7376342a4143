/**
 * The browser mode's composition root: serves the window on loopback and prints the link that opens
 * it, once. Runs on a plain Node 24, from source or as `build/browser/main.js`.
 *
 *   node electron/browser/main.ts [--gantry-socket=PATH] [--port=N] [--page=FOLDER]
 *
 * Environment: what `engine-host/choose-engine.ts` reads, and GANTRY_USER_DATA, where settings are
 * kept. Ends on SIGINT and SIGTERM; containers and the engine go on.
 */
import { homedir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Bridge } from '../bridge/bridge.ts';
import { SettingsFile } from '../bridge/settings-file.ts';
import { chooseEngine } from '../engine-host/choose-engine.ts';
import { NativeEngineHost } from '../engine-host/native-engine-host.ts';
import { BrowserServer } from './browser-server.ts';

const { values: flags } = parseArgs({
  options: {
    'gantry-socket': { type: 'string' },
    port: { type: 'string', default: '0' },
    page: { type: 'string' },
  },
});
// Both electron/browser/main.ts and build/browser/main.js lie two folders down.
const appFolder = path.resolve(import.meta.dirname, '../..');
const configFolder =
  process.env['GANTRY_USER_DATA'] ??
  path.join(process.env['XDG_CONFIG_HOME'] ?? path.join(homedir(), '.config'), 'gantry');

const bridge = new Bridge({
  engineHost: new NativeEngineHost(
    await chooseEngine(flags['gantry-socket'], process.env, appFolder),
  ),
  settings: await SettingsFile.open(path.join(configFolder, 'settings.json')),
  host: 'browser',
  systemLanguage: Intl.DateTimeFormat().resolvedOptions().locale,
  openExternal: () => Promise.reject(new Error('links open in the browser that shows them')),
});
const server = await BrowserServer.listen({
  bridge,
  pageFolder: flags.page ?? path.join(appFolder, 'build/renderer'),
  port: Number(flags.port),
});
bridge.start();
process.stdout.write(
  `Gantry is at ${server.link}\n(the link opens one browser; press Ctrl+C to end)\n`,
);

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(
    signal,
    () => void Promise.allSettled([bridge.close(), server.close()]).then(() => process.exit(0)),
  );
