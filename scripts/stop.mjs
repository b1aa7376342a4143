// npm stop: ends the engine that `npm start` started. Containers go on running; the next start finds
// them again. `npm stop -- --pidfile PATH` where the engine was started with that option.
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { runScript, Stop } from './bootstrap.mjs';

const DEADLINE_MS = 20_000;

await runScript(async () => {
  const pid = enginePid(pidFileOf(process.argv.slice(2)));
  if (pid === undefined) {
    console.log('The engine is not running.');
    return;
  }
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    if (error.code !== 'EPERM') throw error;
    throw new Stop(`The engine (process ${pid}) belongs to root: sudo npm stop`);
  }
  const deadline = Date.now() + DEADLINE_MS;
  while (isEngine(pid)) {
    if (Date.now() > deadline) throw new Stop(`The engine (process ${pid}) does not end.`);
    await pause(20);
  }
  console.log('The engine has ended. Containers go on running.');
});

function pidFileOf(args) {
  const at = args.indexOf('--pidfile');
  return at === -1 ? '/run/gantry/gantry.pid' : args[at + 1];
}

/** The pid in the file, when it is an engine's: after a crash the number may be another program's. */
function enginePid(file) {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    return isEngine(pid) ? pid : undefined;
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function isEngine(pid) {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return words.some((word) => /(^|\/)(gantryd\.cjs|engine\/main\.ts)$/.test(word));
  } catch {
    return false; // no such process
  }
}
