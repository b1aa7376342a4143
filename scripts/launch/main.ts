/**
 * `npm start` once everything is installed: builds what is out of date, starts the engine unless it
 * runs already, and opens the window, or serves it to a browser where no window can be.
 */
import { readConfig } from '../../engine/config.ts';
import { messageOf } from '../../engine/contract/errors.ts';
import { buildStale } from '../bundle/targets.ts';
import { ensureEngine } from './engine-process.ts';
import { openWindow } from './window.ts';

try {
  const args = process.argv.slice(2);
  const config = readConfig(args, process.env);
  await buildStale();
  process.exitCode = await openWindow(await ensureEngine(config, args));
} catch (error) {
  console.error(`\n${messageOf(error)}`);
  process.exitCode = 1;
}
