/** Waiting for a fact that has no event of its own: asked again and again, up to a deadline. */
import { setTimeout as pause } from 'node:timers/promises';

const PAUSE_MS = 15;

/** The first value of `probe` that is neither undefined, null nor false. A throw counts as "not yet". */
export async function eventually<T>(
  what: string,
  probe: () => T | Promise<T>,
  timeoutMs = 15_000,
): Promise<Exclude<Awaited<T>, undefined | null | false>> {
  const deadline = performance.now() + timeoutMs;
  let problem: unknown;
  do {
    try {
      const value = await probe();
      if (value !== undefined && value !== null && value !== false)
        return value as Exclude<Awaited<T>, undefined | null | false>;
    } catch (error) {
      problem = error;
    }
    await pause(PAUSE_MS);
  } while (performance.now() < deadline);
  throw new Error(`${what}: not within ${timeoutMs} ms`, { cause: problem });
}
