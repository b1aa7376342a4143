/**
 * Finds what was meant from a few letters. Every word typed must be found: as the beginning of a
 * word, as a part, or as letters in order, in this order of worth. Pure.
 */

/** Higher is better; null when it does not match. An empty query matches everything alike. */
export function fuzzyScore(query: string, text: string): number | null {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const target = text.toLowerCase();
  let total = 0;
  for (const word of words) {
    const score = wordScore(word, target);
    if (score === null) return null;
    total += score;
  }
  // Of two that match alike the shorter one is meant.
  return total - target.length / 1000;
}

function wordScore(word: string, target: string): number | null {
  const at = target.indexOf(word);
  if (at === 0) return 100;
  if (at > 0) return isBoundary(target, at) ? 80 : 50;
  return scatteredScore(word, target);
}

function scatteredScore(word: string, target: string): number | null {
  let from = 0;
  let score = 30;
  for (const letter of word) {
    const at = target.indexOf(letter, from);
    if (at === -1) return null;
    score -= Math.min(5, at - from);
    from = at + 1;
  }
  // Letters strewn over a long text are chance, not a match.
  return score > 0 ? score : null;
}

function isBoundary(target: string, at: number): boolean {
  return !/[\p{L}\p{N}]/u.test(target[at - 1] ?? '');
}
