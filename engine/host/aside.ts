/**
 * Calls of the C library that may take long, on threads beside the main loop. They share Node's four
 * with its own file work, so no more than two are under way; others wait their turn.
 */
const UNDER_WAY_MAX = 2;

let underWay = 0;
const waiting: (() => void)[] = [];

/** `start` makes the asynchronous call, whose result this resolves with. */
export async function callAside(
  start: (done: (failure: Error | null, result: number) => void) => void,
): Promise<number> {
  if (underWay >= UNDER_WAY_MAX) await new Promise<void>((turn) => waiting.push(turn));
  else underWay++;
  try {
    return await new Promise<number>((resolve, reject) =>
      start((failure, result) => (failure ? reject(failure) : resolve(result))),
    );
  } finally {
    const next = waiting.shift();
    if (next === undefined) underWay--;
    else next();
  }
}
