/**
 * The engine as it is shipped: `build/engine/gantryd.cjs`, which runs on a plain Node 24, and its
 * native packages in `build/engine/node_modules` beside it.
 *
 * CommonJS, for memory: an ES module that imports `node:http` evaluates all of its exports, among them
 * a WebSocket client that nothing here uses (4 MB of the idle engine).
 *
 * Workers: the sources start one as `new Worker(new URL('./unpack-worker.ts', import.meta.url))`,
 * which Node resolves as it is. Every such address becomes an entry point of its own here,
 * `build/engine/unpack-worker.cjs`, and the address in the bundle is rewritten to it. So the names
 * of worker files are unique in the engine, and the address is written out where it is used.
 */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';

/** Packages with compiled parts, and what of them is needed to run. */
const NATIVE_PACKAGES = ['koffi'];
const SHIPPED = /\.(c?js|mjs|node)$|\/(package\.json|LICENSE[^/]*)$/;
const NOT_SHIPPED = /\/(vendor|cnoke\.cjs|jest\.config\.js)$/;

const WORKER_ADDRESS = /new URL\(\s*'(\.{1,2}\/[^']+)\.ts',\s*import\.meta\.url,?\s*\)/g;

/** Bundled CommonJS packages call `require` for Node's own modules. */
export const REQUIRE_FOR_COMMONJS =
  "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);";

export async function buildEngine(repository: string): Promise<void> {
  const output = join(repository, 'build/engine');
  const workers = findWorkers(join(repository, 'engine'));
  rmSync(output, { recursive: true, force: true });
  await build({
    absWorkingDir: repository,
    entryPoints: [
      { in: 'engine/main.ts', out: 'gantryd' },
      ...workers.map((path) => ({ in: path, out: basename(path, '.ts') })),
    ],
    outdir: output,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    // V8 keeps the text of what it runs: without white space it is a third of the memory.
    minifyWhitespace: true,
    minifySyntax: true,
    sourcemap: true,
    external: NATIVE_PACKAGES,
    // CommonJS has no import.meta.
    define: { 'import.meta.url': 'moduleAddress' },
    banner: { js: "const moduleAddress = require('node:url').pathToFileURL(__filename).href;" },
    plugins: [rewriteWorkerAddresses, dropOtherLanguages],
    logLevel: 'warning',
  });
  for (const name of NATIVE_PACKAGES) copyPackage(repository, output, name);
}

const rewriteWorkerAddresses: Plugin = {
  name: 'worker addresses',
  setup({ onLoad }) {
    onLoad({ filter: /\/engine\/.*\.ts$/ }, ({ path }) => ({
      loader: 'ts',
      contents: readFileSync(path, 'utf8').replace(
        WORKER_ADDRESS,
        (_, address: string) => `new URL('./${basename(address)}.cjs', import.meta.url)`,
      ),
    }));
  },
};

/** zod's messages in fifty languages are 40 % of the bundle; the engine speaks English, like Docker. */
const dropOtherLanguages: Plugin = {
  name: 'English only',
  setup({ onLoad }) {
    onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({ contents: 'export {};' }));
  },
};

/** Files that the engine's sources start as workers. */
function findWorkers(folder: string): string[] {
  const found = new Set<string>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith('.ts') || entry.name.endsWith('.test.ts')) continue;
    const text = readFileSync(join(entry.parentPath, entry.name), 'utf8');
    for (const [, address] of text.matchAll(WORKER_ADDRESS))
      found.add(resolve(entry.parentPath, `${address}.ts`));
  }
  const names = [...found].map((path) => basename(path));
  const double = names.find((name, index) => names.indexOf(name) !== index);
  if (double !== undefined) throw new Error(`two workers are named ${double}`);
  return [...found];
}

/** Copies a package and the parts of it that are for this platform. */
function copyPackage(repository: string, output: string, name: string): void {
  const from = join(repository, 'node_modules', name);
  cpSync(from, join(output, 'node_modules', name), {
    recursive: true,
    dereference: true,
    filter: (path) =>
      !NOT_SHIPPED.test(path) && (statSync(path).isDirectory() || SHIPPED.test(path)),
  });
  const { optionalDependencies = {} } = JSON.parse(
    readFileSync(join(from, 'package.json'), 'utf8'),
  ) as { optionalDependencies?: Record<string, string> };
  for (const part of Object.keys(optionalDependencies))
    if (existsSync(join(repository, 'node_modules', part))) copyPackage(repository, output, part);
}
