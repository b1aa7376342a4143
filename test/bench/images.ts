/**
 * What the benchmarks pull: `library/busybox`; `library/large` of five layers, 250 MB as gzip;
 * `library/small`, 10,000 small files of this Debian.
 */
import { lstatSync, opendirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { baseImages } from '../support/base-images.ts';
import { cacheFolder, cachedFolder } from '../support/cache-folder.ts';
import { RegistryStorage } from '../support/registry-storage.ts';
import type { TarEntry } from '../support/tar-writer.ts';

const REVISION = 2;
const LAYERS = 5;
/** 81 MB a layer, 405 MB in all. */
const FILES_PER_LAYER = 1_350;
const FILE_BYTES = 60_000;
/** Of each file; the rest is text, so that a layer shrinks as programs and libraries do. */
const RANDOM_BYTES = 36_000;

/** The storage folder of a registry, built once a machine. */
export function benchmarkImages(): Promise<string> {
  return cachedFolder(cacheFolder(`benchmark-images-${REVISION}`), async (folder) => {
    console.log('Making the images to pull (once) …');
    const storage = new RegistryStorage(folder);
    storage.copyFrom(await baseImages());
    const layers = Array.from({ length: LAYERS }, (_, index) => ({ files: layerFiles(index) }));
    storage.pushImage('library/large', { layers });
    storage.pushImage('library/small', { layers: [{ files: smallFiles('/usr') }] });
  });
}

function layerFiles(layer: number): TarEntry[] {
  const random = pseudoRandom(layer + 1);
  const text = Buffer.alloc(FILE_BYTES - RANDOM_BYTES, 'the quick brown fox jumps over it\n');
  return Array.from({ length: FILES_PER_LAYER }, (_, number) => {
    const noise = Buffer.alloc(RANDOM_BYTES);
    for (let at = 0; at < noise.length; at += 4) noise.writeUInt32LE(random(), at);
    const folder = `layer-${layer}/${number % 50}`;
    return { name: `${folder}/file-${number}`, content: Buffer.concat([noise, text]) };
  });
}

const SMALL_FILES = 10_000;
const SMALL_BYTES_MAX = 64 << 10;

/** Plain files of a Debian, as they come. */
function smallFiles(root: string): TarEntry[] {
  const found: TarEntry[] = [];
  const visit = (folder: string): void => {
    using directory = opendirSync(folder);
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      if (found.length >= SMALL_FILES) return;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile() && lstatSync(path).size <= SMALL_BYTES_MAX)
        found.push({ name: path.slice(1), content: readFileSync(path) });
    }
  };
  visit(root);
  return found;
}

/** The same numbers every time. Source: G. Marsaglia, "Xorshift RNGs" (2003). */
function pseudoRandom(seed: number): () => number {
  let state = seed * 0x9e3779b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
