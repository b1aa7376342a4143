/** Where the last lines of a log begin, found from its end: reading them costs what they take. */
import type { StoredLog } from '../../drivers/logs.ts';
import { LineStartFinder } from '../../formats/log-lines.ts';

const LEAST_BLOCK_BYTES = 8 << 10;
const MOST_BLOCK_BYTES = 256 << 10;
/** A guess at a stored line's length. */
const LINE_BYTES = 256;

/**
 * Cursor where the `lines` lines that end at or before `before` begin; the log's start when it has
 * fewer. Going back stops after `maxBytes`, if need be inside a line.
 */
export async function findLinesBack(
  log: StoredLog,
  before: number,
  lines: number,
  maxBytes: number = Infinity,
): Promise<number> {
  if (lines <= 0) return before;
  const finder = new LineStartFinder(lines);
  const blockBytes = Math.min(MOST_BLOCK_BYTES, Math.max(LEAST_BLOCK_BYTES, lines * LINE_BYTES));
  for await (const block of log.readBackwards(before, blockBytes)) {
    const found = finder.pushBefore(block.bytes, block.cursor);
    if (found !== undefined) return found;
    if (before - block.cursor > maxBytes) break;
  }
  return finder.oldestEntry ?? log.bounds().start;
}
