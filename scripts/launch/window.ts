/**
 * The window: Electron where there is a display and its runtime, else the same window served to a
 * browser on loopback. Resolves with the host's exit status when it is closed; the engine goes on.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_SOCKET } from '../../electron/engine-host/native-engine-host.ts';
import { REPOSITORY } from '../bundle/targets.ts';

export function openWindow(engineSocket: string): Promise<number> {
  // An engine at the default place can be started again by the window itself, one elsewhere cannot.
  const isDefault = engineSocket === DEFAULT_SOCKET;
  const environment = { ...process.env, ...(!isDefault && { GANTRY_SOCKET: engineSocket }) };
  if (hasDisplay()) {
    const electron = electronProgram();
    if (electron !== undefined)
      return runToEnd(electron, [...electronFlags(), REPOSITORY], environment);
    console.log('The Electron runtime cannot be had here: the window opens in a browser instead.');
  } else {
    console.log('There is no display: the window opens in a browser.');
  }
  return runToEnd(process.execPath, [join(REPOSITORY, 'build/browser/main.js')], environment);
}

function hasDisplay(): boolean {
  if (process.platform !== 'linux') return true;
  return Boolean(process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY']);
}

/** Chromium refuses its sandbox to root. */
function electronFlags(): string[] {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return [];
  console.log('Running as root: the window has no sandbox. An ordinary user has one.');
  return ['--no-sandbox'];
}

/** Electron's runtime is not in its npm package: it is downloaded once, at the first launch. */
function electronProgram(): string | undefined {
  const folder = join(REPOSITORY, 'node_modules/electron');
  if (!existsSync(join(folder, 'path.txt'))) {
    console.log('Downloading the Electron runtime …');
    const install = spawnSync(process.execPath, [join(folder, 'install.js')], { stdio: 'pipe' });
    if (install.status !== 0) return undefined;
  }
  return join(folder, 'dist', readFileSync(join(folder, 'path.txt'), 'utf8'));
}

function runToEnd(
  program: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const child = spawn(program, args, { stdio: 'inherit', env: environment });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve(status ?? 0));
  });
}
