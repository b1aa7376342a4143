// Brings a machine to where the rest can run: npm packages as the lockfile says, Debian packages,
// Node 24. Plain JavaScript without dependencies, for any Node >= 20 and no node_modules. Does
// nothing, in a few milliseconds, where nothing is missing.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));

/** Packages of the engine's host. `a|b` is one package under the names of several releases. */
export const ENGINE_PACKAGES = ['conmon', 'crun', 'iproute2', 'nftables', 'tini'];

/** What `npm test` needs beyond them: the peer's libraries, a display, a browser, fonts. */
export const TEST_PACKAGES = [
  ...['busybox-static', 'curl', 'iptables', 'libdevmapper1.02.1', 'openssl', 'runc', 'skopeo'],
  ...['chromium', 'fonts-noto-cjk', 'xauth', 'xvfb'],
  ...['libasound2|libasound2t64', 'libatk-bridge2.0-0|libatk-bridge2.0-0t64', 'libdrm2'],
  ...['libgbm1', 'libgtk-3-0|libgtk-3-0t64', 'libnotify4', 'libnss3', 'libxss1', 'libxtst6'],
];

/** A reason to stop that is a person's to mend: printed without a stack. */
export class Stop extends Error {}

/** Runs `main`; a `Stop` ends the script with its message and status 1. */
export async function runScript(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    console.error(`\n${error.message}`);
    process.exitCode = 1;
  }
}

/** npm packages and Node 24. */
export function ensureNodeModules() {
  const lock = readLock('package-lock.json');
  if (isInstalled(lock, readLock('node_modules/.package-lock.json'))) return;
  console.log('Installing npm packages (npm ci) …');
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: REPOSITORY,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (npm.status !== 0) throw new Stop('npm ci failed: see above.');
}

/** The path of a Node 24 that runs TypeScript and has node:sqlite. */
export function node24() {
  const carried = join(REPOSITORY, `node_modules/node-linux-${process.arch}/bin/node`);
  if (process.platform === 'linux' && existsSync(carried)) return carried;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  throw new Stop(
    `Gantry needs Node 24, and npm carries none for ${process.platform} ${process.arch}: install it from nodejs.org.`,
  );
}

/** Runs a script of the repository under Node 24 with this one's arguments; returns its status. */
export function runUnderNode24(script, args = process.argv.slice(2)) {
  const node = node24();
  const child = spawn(node, [join(REPOSITORY, script), ...args], {
    cwd: process.cwd(),
    stdio: 'inherit',
    env: {
      ...process.env,
      // Some tools would have Node keep one in the machine's temporary folder.
      NODE_DISABLE_COMPILE_CACHE: '1',
      PATH: [dirname(node), join(REPOSITORY, 'node_modules/.bin'), process.env.PATH].join(
        delimiter,
      ),
    },
  });
  // Ctrl-C reaches the child by the terminal; this process waits for what it makes of it.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve(status ?? 1));
  });
}

/** Those of the Debian packages that are not installed; none where there is no dpkg. */
export function missingPackages(packages) {
  const query = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Abbrev}\n'], {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  if (query.error) return [];
  const installed = new Set(
    query.stdout
      .split('\n')
      .filter((line) => line.includes(' ii'))
      .map((line) => line.split(' ')[0]),
  );
  return packages.filter((names) => !names.split('|').some((name) => installed.has(name)));
}

export function isRoot() {
  return process.getuid?.() === 0;
}

/** Installs what is missing when root; otherwise stops and says what to run. */
export function ensureDebianPackages(packages, purpose) {
  const missing = missingPackages(packages);
  if (missing.length === 0) return;
  if (!isRoot()) {
    throw new Stop(
      `${purpose} needs Debian packages that are not installed. Run this, then try again:\n\n` +
        `  sudo apt-get update && sudo apt-get install --no-install-recommends ${availableNames(missing).join(' ')}\n`,
    );
  }
  console.log(`Installing ${availableNames(missing).join(' ')} …`);
  if (aptGet('install', missing)) return;
  console.log('Bringing the package lists up to date …');
  aptGet('update', []);
  if (!aptGet('install', missing)) throw new Stop(`apt-get could not install ${missing.join(' ')}`);
}

/** True when it worked. What apt-get says is shown only when it did not. */
function aptGet(verb, packages) {
  const names = verb === 'install' ? availableNames(packages) : [];
  const run = spawnSync(
    'apt-get',
    [verb, '-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=600', ...names],
    { encoding: 'utf8', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } },
  );
  if (run.error) throw new Stop(`apt-get cannot be run: ${run.error.message}`);
  if (run.status !== 0) console.error(run.stderr.trim());
  return run.status === 0;
}

/** For each package the first of its names that this release has. */
function availableNames(packages) {
  return packages.map((names) => {
    const all = names.split('|');
    const known = all.find(
      (name) => all.length === 1 || spawnSync('apt-cache', ['show', name]).status === 0,
    );
    return known ?? all[0];
  });
}

function readLock(path) {
  try {
    return JSON.parse(readFileSync(join(REPOSITORY, path), 'utf8'));
  } catch {
    return undefined; // npm writes node_modules/.package-lock.json last: absent is not installed
  }
}

/** Every package that the lockfile wants is there in its version; those of other platforms may lack. */
function isInstalled(wanted, present) {
  if (present === undefined) return false;
  return Object.entries(wanted.packages).every(([path, { version, optional }]) => {
    const found = present.packages[path];
    return path === '' || (found === undefined ? optional === true : found.version === version);
  });
}
