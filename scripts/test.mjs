// npm test [-- check | unit | linux | e2e]: installs what the tests need, runs them, and ends with
// the line `N passed, N failed`. See scripts/test-run/main.ts.
import {
  ENGINE_PACKAGES,
  ensureDebianPackages,
  ensureNodeModules,
  isRoot,
  runScript,
  runUnderNode24,
  TEST_PACKAGES,
} from './bootstrap.mjs';

await runScript(() => {
  ensureNodeModules();
  const suites = process.argv.slice(2);
  const needsMachine =
    suites.length === 0 || suites.some((name) => ['linux', 'e2e'].includes(name));
  // Without root those suites are left out, and the run says so.
  if (needsMachine && process.platform === 'linux' && isRoot())
    ensureDebianPackages([...ENGINE_PACKAGES, ...TEST_PACKAGES], 'npm test');
  return runUnderNode24('scripts/test-run/main.ts');
});
