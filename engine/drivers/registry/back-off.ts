/** How long to wait before trying again. Pure. Source: RFC 9110 §10.2.3, "Retry-After". */

const PAUSE_MAX_MS = 10_000;
/** A registry that asks for more patience than this is not waited for. */
const ASKED_MAX_MS = 60_000;

/**
 * Pause before attempt `attempt` (1 is the first retry), in ms; what the registry asked for wins.
 * Undefined when it asked for more than anybody would wait.
 */
export function pauseBefore(
  attempt: number,
  retryAfter: string | undefined,
  nowMs: number,
): number | undefined {
  const asked = askedMs(retryAfter, nowMs);
  if (asked !== undefined) return asked <= ASKED_MAX_MS ? asked : undefined;
  return Math.min(200 * 2 ** (attempt - 1), PAUSE_MAX_MS);
}

/** Seconds, or a date. */
function askedMs(retryAfter: string | undefined, nowMs: number): number | undefined {
  if (retryAfter === undefined || retryAfter === '') return undefined;
  const asked = /^\d+$/.test(retryAfter)
    ? Number(retryAfter) * 1000
    : Date.parse(retryAfter) - nowMs;
  return Number.isNaN(asked) ? undefined : Math.max(0, asked);
}
