/** What the benchmarks pull: `library/busybox`, and `library/large` of five layers, 250 MB as gzip. */
import { baseImages } from '../support/base-images.ts';
import { cacheFolder, cachedFolder } from '../support/cache-folder.ts';
import { RegistryStorage } from '../support/registry-storage.ts';
import type { TarEntry } from '../support/tar-writer.ts';

const REVISION = 1;
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
