/**
 * Who may import whom. The table stands in ARCHITECTURE.md; a violation prints the importing file
 * and what it reached for.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

interface Layer {
  /** Prefixes of the files it holds; the first layer that fits wins. */
  readonly files: readonly string[];
  /** Prefixes of files it may import (its own always). */
  readonly mayImport: readonly string[];
  /** Packages and node: modules it may import; `*` is all. */
  readonly mayUse: readonly string[];
}

const PURE = ['zod', 'node:crypto', 'node:buffer', 'node:string_decoder'];
const IO = ['node:*'];

const LAYERS: Readonly<Record<string, Layer>> = {
  contract: { files: ['engine/contract/'], mayImport: [], mayUse: ['zod'] },
  formats: {
    files: ['engine/formats/', 'engine/dockerfile/', 'engine/compose/'],
    mayImport: ['engine/contract/'],
    mayUse: PURE,
  },
  host: {
    files: ['engine/host/'],
    mayImport: ['engine/contract/', 'engine/formats/'],
    mayUse: [...IO, 'koffi'],
  },
  drivers: {
    files: ['engine/drivers/'],
    mayImport: ['engine/contract/', 'engine/formats/', 'engine/host/'],
    mayUse: [...IO, '!node:child_process', 'zod'],
  },
  services: {
    files: ['engine/services/'],
    mayImport: [
      'engine/contract/',
      'engine/formats/',
      'engine/host/',
      'engine/drivers/*.ts',
      'engine/config.ts',
    ],
    mayUse: [...PURE, 'node:stream', 'node:events', 'node:path'],
  },
  api: {
    files: ['engine/api/'],
    mayImport: ['engine/contract/', 'engine/formats/', 'engine/services/', 'engine/host/clock.ts'],
    mayUse: [
      'ws',
      'zod',
      'node:http',
      'node:https',
      'node:stream',
      'node:events',
      'node:crypto',
      'node:zlib',
    ],
  },
  config: {
    files: ['engine/config.ts', 'engine/config-options.ts'],
    mayImport: ['engine/contract/', 'engine/config'],
    mayUse: ['node:fs'],
  },
  composition: { files: ['engine/'], mayImport: ['engine/'], mayUse: IO },
  conversation: {
    files: ['electron/ipc/'],
    mayImport: ['engine/contract/'],
    mayUse: ['zod'],
  },
  windowHost: {
    files: ['electron/'],
    mayImport: ['electron/', 'engine/contract/', 'engine/formats/'],
    mayUse: [...IO, 'electron', 'zod', 'ws'],
  },
  renderer: {
    files: ['renderer/'],
    mayImport: ['renderer/', 'electron/ipc/', 'engine/contract/'],
    mayUse: ['*', '!node:*', '!electron', '!ws', '!koffi'],
  },
};

const files = globSync('{engine,electron,renderer}/**/*.{ts,tsx}', { cwd: ROOT }).filter(
  (file) => !/\.test\.tsx?$|\/testing\/|vite\.config\.ts$/.test(file),
);

test('every file of the product belongs to a layer', () => {
  expect(files.length).toBeGreaterThan(50);
  expect(files.filter((file) => layerOf(file) === undefined)).toEqual([]);
});

test.each(Object.entries(LAYERS))('%s imports only what its row allows', (_name, layer) => {
  const violations = files
    .filter((file) => layerOf(file) === layer)
    .flatMap((file) =>
      importsOf(file)
        .filter((target) => !isAllowed(layer, target))
        .map((target) => `${file} imports ${target}`),
    );
  expect(violations).toEqual([]);
});

test('only engine/config.ts and the composition roots read the environment', () => {
  const readers = files.filter((file) => /process\.env\b/.test(source(file)));
  const allowed = /^engine\/(config|main)\.ts$|^electron\/(main|browser|engine-host)\//;
  expect(readers.filter((file) => !allowed.test(file))).toEqual([]);
});

function layerOf(file: string): Layer | undefined {
  return Object.values(LAYERS).find((layer) =>
    layer.files.some((prefix) => file.startsWith(prefix)),
  );
}

function isAllowed(layer: Layer, target: string): boolean {
  if (/^(engine|electron|renderer)\//.test(target))
    return [...layer.files, ...layer.mayImport].some((pattern) => matches(pattern, target));
  const name = target.startsWith('node:') ? target : packageName(target);
  if (layer.mayUse.some((rule) => rule.startsWith('!') && matchesName(rule.slice(1), name)))
    return false;
  return layer.mayUse.some((rule) => !rule.startsWith('!') && matchesName(rule, name));
}

/** `a/` and `a` are prefixes; `a/*.ts` is the files right in `a`. */
function matches(pattern: string, file: string): boolean {
  if (!pattern.endsWith('/*.ts')) return file.startsWith(pattern);
  return dirname(file) === dirname(pattern);
}

function matchesName(rule: string, name: string): boolean {
  return (
    rule === '*' || rule === name || (rule.endsWith('*') && name.startsWith(rule.slice(0, -1)))
  );
}

function packageName(target: string): string {
  return target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');
}

function importsOf(file: string): string[] {
  const found = source(file).matchAll(
    /^\s*(?:import|export)\s[^'"]*?from\s+['"]([^'"]+)['"]|^\s*import\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm,
  );
  return [...found]
    .map((match) => match[1] ?? match[2] ?? match[3] ?? '')
    .map((target) => (target.startsWith('.') ? normalize(join(dirname(file), target)) : target));
}

function source(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}
