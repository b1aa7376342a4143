/**
 * Regular expressions that a client wrote, on texts of the engine. Some take for ever on some texts;
 * these are stopped, so that nobody else has to wait for them.
 */
import { Script } from 'node:vm';
import { EngineError } from '../contract/errors.ts';

const TIME_LIMIT_MS = 100;
/** An expression without these has but one way to match, and none needs a watchdog (3 ms). */
const BRANCHING = /[*+?{|]/;

const SEARCH = new Script('texts.filter((text) => pattern.test(text))');

/**
 * The texts in which the expression is found. What is no expression is found in none. Go's flags at the
 * beginning, `(?i)`, are JavaScript's too. Throws `invalid-argument` when it takes too long.
 */
export function textsMatching(expression: string, texts: readonly string[]): Set<string> {
  const pattern = compile(expression);
  if (pattern === undefined) return new Set();
  if (!BRANCHING.test(expression)) return new Set(texts.filter((text) => pattern.test(text)));
  try {
    const found: unknown = SEARCH.runInNewContext({ pattern, texts }, { timeout: TIME_LIMIT_MS });
    return new Set(found as string[]);
  } catch (cause) {
    throw new EngineError('invalid-argument', `expression takes too long: ${expression}`, {
      cause,
    });
  }
}

function compile(expression: string): RegExp | undefined {
  const [, flags = '', source = ''] = /^(?:\(\?([ims]+)\))?(.*)$/s.exec(expression) ?? [];
  try {
    return new RegExp(source, flags);
  } catch {
    return undefined;
  }
}
