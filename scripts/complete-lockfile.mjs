// Adds to package-lock.json the platform packages that some registries do not carry.
//
// npm writes an optional dependency to the lockfile only when the registry in use has it. A mirror
// that lacks, say, the Windows build of a tool yields a lockfile that `npm ci` then refuses as out of
// step with package.json, on every platform. The entries added here name a package's version and the
// platform it is for; npm passes over them wherever that platform is not the one it runs on.
//
// Run after `npm install` has changed the lockfile: node scripts/complete-lockfile.mjs
import { readFileSync, writeFileSync } from 'node:fs';

const OS = [
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
  'aix',
];
const CPU = [
  'arm64',
  'arm',
  'ia32',
  'loong64',
  'mips64el',
  'ppc64',
  'riscv64',
  's390x',
  'x64',
  'wasm32',
];

const path = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(path, 'utf8'));
const added = [];
for (const [parent, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const at = `node_modules/${name}`;
    if (lock.packages[at] || lock.packages[`${parent}/${at}`]) continue;
    const words = name.split(/[-/]/);
    const os = OS.filter((word) => words.includes(word));
    const cpu = CPU.filter((word) => words.includes(word));
    lock.packages[at] = { version: version.replace(/^[\^~]/, ''), cpu, os, optional: true };
    if (entry.dev) lock.packages[at].dev = true;
    if (os.length === 0 && cpu.length === 0) throw new Error(`no platform in the name of ${name}`);
    added.push(name);
  }
}
lock.packages = Object.fromEntries(
  Object.entries(lock.packages).toSorted(([a], [b]) => (a < b ? -1 : 1)),
);
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
console.log(added.length === 0 ? 'the lockfile is complete' : `added ${added.join(', ')}`);
