// npm run build: everything that is shipped, into build/. See scripts/bundle/main.ts.
import { ensureNodeModules, runScript, runUnderNode24 } from './bootstrap.mjs';

await runScript(() => {
  ensureNodeModules();
  return runUnderNode24('scripts/bundle/main.ts');
});
