/**
 * Command lines to words and back, by the quoting rules of a POSIX shell, without its expansions.
 * `parseWords(quoteWords(words))` gives the same words. Pure.
 */

/** Throws a `SyntaxError` for a quote that is never closed. */
export function parseWords(text: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote: '"' | "'" | null = null;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at] as string;
    if (quote === "'") {
      if (letter === "'") quote = null;
      else word += letter;
    } else if (letter === '\\' && (quote === null || '"\\$`'.includes(text[at + 1] ?? ''))) {
      at += 1;
      word = (word ?? '') + (text[at] ?? '\\');
    } else if (quote === '"') {
      if (letter === '"') quote = null;
      else word += letter;
    } else if (letter === '"' || letter === "'") {
      quote = letter;
      word ??= '';
    } else if (/\s/.test(letter)) {
      if (word !== null) words.push(word);
      word = null;
    } else {
      word = (word ?? '') + letter;
    }
  }
  if (quote !== null) throw new SyntaxError('a quote is not closed');
  if (word !== null) words.push(word);
  return words;
}

export function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

export function quoteWords(words: readonly string[]): string {
  return words.map(quoteWord).join(' ');
}
