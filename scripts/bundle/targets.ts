/**
 * What a build makes of which sources, as a table. `buildStale` makes only what is older than its
 * sources, by a stamp of their names, sizes and times, so a second `npm start` builds nothing.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as bundle, type BuildOptions } from 'esbuild';
import { buildEngine, REQUIRE_FOR_COMMONJS } from './engine.ts';

export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

interface Target {
  readonly name: string;
  /** Its result, for people and to see whether it is there. */
  readonly output: string;
  /** Files and folders it is made from. */
  readonly sources: readonly string[];
  build(): Promise<unknown>;
}

const EVERY_TARGET = ['package-lock.json', 'scripts/bundle'];
const HOST_SOURCES = ['electron', 'engine/contract', 'engine/formats'];

export const TARGETS: readonly Target[] = [
  {
    name: 'engine',
    output: 'build/engine/gantryd.cjs',
    sources: ['engine'],
    build: () => buildEngine(REPOSITORY),
  },
  {
    name: 'window',
    output: 'build/renderer/index.html',
    sources: ['renderer', 'assets', 'electron/ipc', 'engine/contract', 'engine/formats'],
    build: buildWindow,
  },
  {
    name: 'desktop host',
    output: 'build/electron/main.js',
    sources: HOST_SOURCES,
    build: () => bundleForNode('electron/main/main.ts', 'build/electron/main.js'),
  },
  {
    name: 'preload',
    output: 'build/electron/preload.cjs',
    sources: HOST_SOURCES,
    // A sandboxed preload is CommonJS. Source: Electron, "ES Modules in Electron".
    build: () =>
      bundleForNode('electron/preload/preload.ts', 'build/electron/preload.cjs', { format: 'cjs' }),
  },
  {
    name: 'browser host',
    output: 'build/browser/main.js',
    sources: HOST_SOURCES,
    build: () => bundleForNode('electron/browser/main.ts', 'build/browser/main.js'),
  },
];

/** Builds those whose sources changed since their last build; returns their names. */
export async function buildStale(): Promise<string[]> {
  const stale = TARGETS.filter(
    (target) =>
      !existsSync(join(REPOSITORY, target.output)) || readStamp(target) !== stampOf(target),
  );
  await buildTargets(stale);
  return stale.map(({ name }) => name);
}

export async function buildTargets(targets: readonly Target[]): Promise<void> {
  await Promise.all(
    targets.map(async (target) => {
      const started = performance.now();
      const stamp = stampOf(target); // before reading: a source saved meanwhile is stale again
      await target.build();
      writeStamp(target, stamp);
      const took = ((performance.now() - started) / 1000).toFixed(1);
      console.log(`built the ${target.name} in ${took} s: ${target.output}`);
    }),
  );
}

/** Only for the window: Vite is loaded when there is something for it to do. */
async function buildWindow(): Promise<void> {
  const { build } = await import('vite');
  await build({ configFile: join(REPOSITORY, 'renderer/vite.config.ts'), logLevel: 'warn' });
}

function bundleForNode(
  entry: string,
  output: string,
  options: BuildOptions = {},
): Promise<unknown> {
  return bundle({
    absWorkingDir: REPOSITORY,
    entryPoints: [entry],
    outfile: output,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    sourcemap: true,
    external: ['electron', 'bufferutil', 'utf-8-validate'], // the latter two: ws works without
    ...(options.format !== 'cjs' && { banner: { js: REQUIRE_FOR_COMMONJS } }),
    logLevel: 'warning',
    ...options,
  });
}

function stampOf(target: Target): string {
  const hash = createHash('sha256');
  for (const source of [...EVERY_TARGET, ...target.sources]) {
    for (const path of filesUnder(join(REPOSITORY, source))) {
      const { size, mtimeMs } = statSync(path);
      hash.update(`${path}\0${size}\0${mtimeMs}\n`);
    }
  }
  return hash.digest('hex');
}

function filesUnder(path: string): string[] {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

function stampPath({ name }: Target): string {
  return join(REPOSITORY, 'build/.stamps', name.replaceAll(' ', '-'));
}

function readStamp(target: Target): string | undefined {
  try {
    return readFileSync(stampPath(target), 'utf8');
  } catch {
    return undefined; // never built
  }
}

function writeStamp(target: Target, stamp: string): void {
  mkdirSync(join(REPOSITORY, 'build/.stamps'), { recursive: true });
  writeFileSync(stampPath(target), stamp);
}
