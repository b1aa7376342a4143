/**
 * Which engine this window is for, from its command line and environment:
 *
 * - `--gantry-socket=PATH`, else `GANTRY_SOCKET=PATH`, else `GANTRY_HOST=unix://PATH`, else the default;
 * - `GANTRY_ENGINE_COMMAND`, a JSON list of words that start the engine of that socket; without it only
 *   the default engine is started, by the bundle or the sources that lie beside the app;
 * - `GANTRY_ENGINE_LOG`, where that engine's output goes.
 */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { DEFAULT_SOCKET, type NativeEngineOptions } from './native-engine-host.ts';

const words = z.array(z.string()).min(1);

/** `appFolder`: the repository in a checkout, the resources folder of a packaged app. */
export async function chooseEngine(
  socketFlag: string | undefined,
  environment: NodeJS.ProcessEnv,
  appFolder: string,
): Promise<NativeEngineOptions> {
  const socketPath = socketFlag || environment['GANTRY_SOCKET'] || socketOfHost(environment);
  const given = environment['GANTRY_ENGINE_COMMAND'];
  const isDefault = socketPath === undefined || socketPath === DEFAULT_SOCKET;
  return {
    socketPath,
    logPath: environment['GANTRY_ENGINE_LOG'] || undefined,
    command: given
      ? words.parse(JSON.parse(given))
      : isDefault
        ? await findEngine(appFolder)
        : undefined,
  };
}

function socketOfHost({ GANTRY_HOST }: NodeJS.ProcessEnv): string | undefined {
  return GANTRY_HOST?.startsWith('unix://') ? GANTRY_HOST.slice('unix://'.length) : undefined;
}

async function findEngine(appFolder: string): Promise<readonly string[] | undefined> {
  const node = await firstThatExists(appFolder, ['engine/node', 'node_modules/.bin/node']);
  const entry = await firstThatExists(appFolder, [
    'engine/gantryd.cjs',
    'build/engine/gantryd.cjs',
    'engine/main.ts',
  ]);
  return node && entry ? [node, entry] : undefined;
}

async function firstThatExists(
  folder: string,
  names: readonly string[],
): Promise<string | undefined> {
  for (const name of names) {
    const candidate = path.join(folder, name);
    if (await stat(candidate).catch(() => undefined)) return candidate;
  }
  return undefined;
}
