// npm start: installs what is missing, builds what is out of date, starts the engine if it is not
// running, and opens the window (or serves it to a browser). Options are the engine's own:
// npm start -- --data-root /srv/gantry. See scripts/launch/main.ts.
import {
  ENGINE_PACKAGES,
  ensureDebianPackages,
  ensureNodeModules,
  runScript,
  runUnderNode24,
} from './bootstrap.mjs';

await runScript(() => {
  ensureNodeModules();
  if (process.platform === 'linux') ensureDebianPackages(ENGINE_PACKAGES, 'The engine');
  return runUnderNode24('scripts/launch/main.ts');
});
