/** Memory of the C library, where the contents of buffers are: what is kept, and what goes back. */
import { libc } from './system-calls.ts';

/** Parameters of mallopt(3). */
const M_TRIM_THRESHOLD = -1;
const M_TOP_PAD = -2;
const M_MMAP_THRESHOLD = -3;

const KEPT_BYTES = 64 << 20;
const GROWTH_BYTES = 1 << 20;
const OWN_MAPPING_BYTES = 4 << 20;

const LOOK_MS = 10_000;
/** Less is not worth the look. */
const GROWN_BYTES = 16 << 20;

/**
 * Has the C library keep what is freed while there is work. By itself it returns the end of its heap
 * as soon as 128 KB of it are free, and asks for it again a moment later: a load, whose buffers come
 * and go, took a fifth longer. What is kept goes back some seconds later, and by
 * `returnFreeMemory`. To be called once, at the start. Source: mallopt(3).
 */
export function keepFreedMemory(): void {
  const mallopt = libc('int mallopt(int parameter, int value)');
  mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
  mallopt(M_TOP_PAD, GROWTH_BYTES);
  mallopt(M_MMAP_THRESHOLD, OWN_MAPPING_BYTES);
  let settledBytes = process.memoryUsage.rss();
  const look = () => {
    if (process.memoryUsage.rss() < settledBytes + GROWN_BYTES) return;
    returnFreeMemory();
    settledBytes = process.memoryUsage.rss();
  };
  setInterval(look, LOOK_MS).unref();
}

/**
 * Returns what the C library keeps of freed memory to the kernel, in 1 ms. For moments after which
 * the engine rests. Source: malloc_trim(3).
 */
export function returnFreeMemory(): void {
  libc('int malloc_trim(size_t pad)')(0);
}
