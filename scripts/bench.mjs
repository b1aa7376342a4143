// npm run bench: the engine beside Debian's dockerd, on this machine. See test/bench/README.md.
import {
  ENGINE_PACKAGES,
  ensureDebianPackages,
  ensureNodeModules,
  isRoot,
  runScript,
  runUnderNode24,
  Stop,
  TEST_PACKAGES,
} from './bootstrap.mjs';

await runScript(() => {
  if (!isRoot()) throw new Stop('npm run bench runs two container engines: it must be root.');
  ensureNodeModules();
  ensureDebianPackages([...ENGINE_PACKAGES, ...TEST_PACKAGES], 'npm run bench');
  return runUnderNode24('test/bench/main.ts');
});
