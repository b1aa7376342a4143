/**
 * Shell patterns as Go's `path.Match` reads them, by which Docker matches references: `*` and `?` stop
 * at a slash, `[a-z]` and `[^a-z]` are one character of a class, a backslash takes the next character
 * as it is; the whole text must match. Pure.
 * Source: Go standard library, package path, Match.
 */
import { EngineError } from '../contract/errors.ts';

/** A test for texts that match; throws `invalid-argument`, `syntax error in pattern`. */
export function pathMatcher(pattern: string): (text: string) => boolean {
  let source = '';
  const characters = Array.from(pattern);
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] as string;
    if (character === '*') source += '[^/]*';
    else if (character === '?') source += '[^/]';
    else if (character === '[') {
      const { end, text } = characterClass(characters, at + 1);
      source += text;
      at = end;
    } else source += literal(character === '\\' ? characters[++at] : character);
  }
  const expression = new RegExp(`^(?:${source})$`, 'su');
  return (text) => expression.test(text);
}

/** The class that begins after its bracket, and where it ends. */
function characterClass(characters: readonly string[], start: number) {
  let at = start;
  const isNegated = characters[at] === '^';
  if (isNegated) at++;
  let ranges = '';
  let count = 0;
  for (; characters[at] !== ']' || count === 0; count++) {
    const [low, afterLow] = classCharacter(characters, at);
    let high = low;
    at = afterLow;
    if (characters[at] === '-') [high, at] = classCharacter(characters, at + 1);
    // Go takes a range that runs backwards for one that nothing is in.
    if (codeOf(low) <= codeOf(high)) ranges += `${literal(low)}-${literal(high)}`;
  }
  const text = ranges === '' ? (isNegated ? '[^]' : '[]') : `[${isNegated ? '^' : ''}${ranges}]`;
  return { end: at, text };
}

function classCharacter(characters: readonly string[], at: number): [string, number] {
  const character = characters[at];
  if (character === undefined || character === '-' || character === ']') throw badPattern();
  if (character !== '\\') return [character, at + 1];
  const escaped = characters[at + 1];
  if (escaped === undefined) throw badPattern();
  return [escaped, at + 2];
}

function codeOf(character: string): number {
  return character.codePointAt(0) as number;
}

function literal(character: string | undefined): string {
  if (character === undefined) throw badPattern();
  return `\\u{${codeOf(character).toString(16)}}`;
}

function badPattern(): EngineError {
  return new EngineError('invalid-argument', 'syntax error in pattern');
}
