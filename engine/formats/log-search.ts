/**
 * Finding lines in stored log entries: a plain text over the raw bytes, a regular expression over
 * each line's text. Pure; used on the main thread for plain text and in a Worker for expressions,
 * which may never come back.
 */
import { isAscii } from 'node:buffer';
import { StringDecoder } from 'node:string_decoder';
import { EngineError } from '../contract/errors.ts';
import {
  ENTRY_HEADER_BYTES,
  isEntry,
  LineJoiner,
  MAX_LINE_TEXT_BYTES,
  hasPartialEntries,
  type JoinedLine,
} from './log-lines.ts';

export interface SearchQuery {
  readonly text: string;
  readonly isRegex: boolean;
  readonly matchCase: boolean;
}

/** `[start, end)` in UTF-16 units of the line's text. */
export type TextRange = [number, number];

export interface LineHit {
  readonly line: JoinedLine;
  readonly ranges: TextRange[];
}

export interface BlockHits {
  /** Newest first, at most as many as wanted. */
  readonly hits: LineHit[];
  /** All lines of the block that match. */
  readonly count: number;
}

export interface LineMatcher {
  /**
   * For plain text: looks for the next candidate in a block, from an offset on, -1 when there is none.
   * A match inside an entry's text is a candidate; others may be.
   */
  readonly scanner: ((block: Buffer) => (from: number) => number) | undefined;
  /** Where a line's text matches; a match of no characters counts as none here. */
  ranges(text: string): TextRange[];
  matches(text: string): boolean;
}

/** Ranges reported for one line. */
const MAX_RANGES = 1000;

/** Throws `invalid-argument` for an empty query and for an expression that is none. */
export function compileQuery(query: SearchQuery): LineMatcher {
  if (query.text === '') throw new EngineError('invalid-argument', 'nothing to search for');
  const expression = compileExpression(query);
  return {
    scanner: query.isRegex ? undefined : plainScanner(query),
    ranges: (text) => rangesOf(expression, text),
    matches: (text) => {
      expression.lastIndex = 0;
      return expression.test(text);
    },
  };
}

function compileExpression({ text, isRegex, matchCase }: SearchQuery): RegExp {
  if (!isRegex) {
    const letters = Array.from(text).map((letter) =>
      matchCase ? escape(letter) : anyCase(letter, (variant) => escape(variant)),
    );
    return new RegExp(letters.join(''), 'gu');
  }
  try {
    return new RegExp(text, matchCase ? 'g' : 'gi');
  } catch (error) {
    throw new EngineError('invalid-argument', (error as Error).message);
  }
}

function plainScanner({
  text,
  matchCase,
}: SearchQuery): (block: Buffer) => (from: number) => number {
  if (matchCase) {
    const needle = Buffer.from(text);
    return (block) => (from) => block.indexOf(needle, from);
  }
  // Bytes read as Latin-1 are one character each, so offsets in the string are offsets in the block;
  // letters are spelled out in both cases as UTF-8, since folding would mix up bytes of other letters.
  const pattern = Array.from(text)
    .map((letter) => anyCase(letter, (variant) => escape(Buffer.from(variant).toString('latin1'))))
    .join('');
  return (block) => {
    const bytes = block.toString('latin1');
    const expression = new RegExp(pattern, 'g');
    return (from) => {
      expression.lastIndex = from;
      return expression.exec(bytes)?.index ?? -1;
    };
  };
}

/** A pattern for the letter in either case; variants that are not one letter are left out. */
function anyCase(letter: string, spell: (variant: string) => string): string {
  const variants = new Set(
    [letter, letter.toLowerCase(), letter.toUpperCase()].filter(
      (variant) => Array.from(variant).length === 1,
    ),
  );
  const spelled = [...variants].map(spell);
  if (spelled.length === 1) return spelled.join('');
  return spelled.every((variant) => variant.length === 1)
    ? `[${spelled.join('')}]`
    : `(?:${spelled.join('|')})`;
}

function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}

function rangesOf(expression: RegExp, text: string): TextRange[] {
  const ranges: TextRange[] = [];
  expression.lastIndex = 0;
  for (const match of text.matchAll(expression)) {
    if (match[0] !== '') ranges.push([match.index, match.index + match[0].length]);
    if (ranges.length === MAX_RANGES) break;
  }
  return ranges;
}

/** Looks through a block of whole lines that starts at `cursor`. */
export function searchBlock(
  block: Buffer,
  cursor: number,
  matcher: LineMatcher,
  wanted: number,
): BlockHits {
  if (hasPartialEntries(block)) return searchJoinedLines(block, cursor, matcher, wanted);
  const found =
    matcher.scanner === undefined
      ? testEntries(block, matcher)
      : scanEntries(block, matcher.scanner(block));
  const hits: LineHit[] = [];
  for (let index = found.length - 2; index >= 0 && hits.length < wanted; index -= 2) {
    const start = found[index] ?? 0;
    const end = (found[index + 1] ?? 0) + 1;
    new LineJoiner().push(block.subarray(start, end), cursor + start, (line) =>
      hits.push({ line, ranges: matcher.ranges(line.text) }),
    );
  }
  return { hits, count: found.length / 2 };
}

/** Start and newline offset of each entry with a candidate in its text. */
function scanEntries(block: Buffer, next: (from: number) => number): number[] {
  const found: number[] = [];
  let at = next(0);
  while (at >= 0) {
    const start = at === 0 ? 0 : block.lastIndexOf(0x0a, at - 1) + 1;
    const newlineAt = block.indexOf(0x0a, at);
    if (newlineAt < 0) break;
    const isInText = at - start >= ENTRY_HEADER_BYTES && isEntry(block, start, newlineAt);
    if (isInText) found.push(start, newlineAt);
    // A candidate in the header says nothing about the text behind it.
    at = next(isInText ? newlineAt + 1 : Math.max(at + 1, start + ENTRY_HEADER_BYTES));
  }
  return found;
}

/** The same by testing each entry's text. */
function testEntries(block: Buffer, matcher: LineMatcher): number[] {
  const found: number[] = [];
  // Where all is ASCII, one conversion serves the whole block, and a line is a cheap substring of it.
  const ascii = isAscii(block) ? block.toString('latin1') : undefined;
  for (let start = 0; start < block.length;) {
    const newlineAt = block.indexOf(0x0a, start);
    if (newlineAt < 0) break;
    if (isEntry(block, start, newlineAt)) {
      const from = start + ENTRY_HEADER_BYTES;
      const text = ascii?.slice(from, newlineAt) ?? block.toString('utf8', from, newlineAt);
      if (matcher.matches(text)) found.push(start, newlineAt);
    }
    start = newlineAt + 1;
  }
  return found;
}

function searchJoinedLines(
  block: Buffer,
  cursor: number,
  matcher: LineMatcher,
  wanted: number,
): BlockHits {
  const matching: JoinedLine[] = [];
  const test = (line: JoinedLine) => {
    if (matcher.matches(line.text)) matching.push(line);
  };
  const joiner = new LineJoiner(Infinity);
  joiner.push(block, cursor, test);
  const last = joiner.flush();
  if (last !== undefined) test(last);
  const hits = matching
    .toReversed()
    .slice(0, wanted)
    .map((line) => hitOf(line, matcher));
  return { hits, count: matching.length };
}

function hitOf(line: JoinedLine, matcher: LineMatcher): LineHit {
  const isCut = Buffer.byteLength(line.text) > MAX_LINE_TEXT_BYTES;
  const text = isCut ? cutText(line.text) : line.text;
  return { line: { ...line, text, isCut }, ranges: matcher.ranges(text) };
}

function cutText(text: string): string {
  const kept = Buffer.from(text).subarray(0, MAX_LINE_TEXT_BYTES);
  return new StringDecoder('utf8').write(kept); // holds a character cut in half back
}
