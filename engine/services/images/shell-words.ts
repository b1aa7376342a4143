/**
 * Words as a Dockerfile has them: quotes and backslashes join, `$name`, `${name}`, `${name:-default}` and
 * `${name:+alternative}` are replaced, but not within single quotes. Pure.
 * Source: Dockerfile reference, "Environment replacement".
 */

type Lookup = (name: string) => string | undefined;

export function shellWords(text: string, valueOf: Lookup): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const [space] = /^\s+/.exec(rest) ?? [];
    if (space !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
      at += space.length;
      continue;
    }
    const { taken, value } = nextPart(rest, valueOf);
    word = (word ?? '') + value;
    at += taken;
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** What stands at the beginning of `text`, up to the next space or quote. */
function nextPart(text: string, valueOf: Lookup): { taken: number; value: string } {
  const [single] = /^'[^']*'?/.exec(text) ?? [];
  if (single !== undefined) return { taken: single.length, value: single.replaceAll("'", '') };
  const [double] = /^"(?:[^"\\]|\\[\s\S])*"?/.exec(text) ?? [];
  if (double !== undefined) {
    const inside = double.slice(1, double.length > 1 && double.endsWith('"') ? -1 : undefined);
    return { taken: double.length, value: replaced(inside, valueOf, /\\(["\\$])/) };
  }
  const [plain = text] = /^(?:\\[\s\S]|\$\{[^}]*\}|[^\s"'\\])+/.exec(text) ?? [];
  return { taken: plain.length, value: replaced(plain, valueOf, /\\([\s\S])/) };
}

function replaced(text: string, valueOf: Lookup, escape: RegExp): string {
  const variable = /\$\{(\w+)(?::([-+])([^}]*))?\}|\$(\w+)/;
  return text.replaceAll(
    new RegExp(`${escape.source}|${variable.source}`, 'g'),
    (
      _,
      escaped: string | undefined,
      braced: string | undefined,
      operator: string | undefined,
      alternative: string | undefined,
      bare: string | undefined,
    ) => {
      if (escaped !== undefined) return escaped;
      const value = valueOf(braced ?? bare ?? '') ?? '';
      if (operator === '-') return value === '' ? (alternative ?? '') : value;
      if (operator === '+') return value === '' ? '' : (alternative ?? '');
      return value;
    },
  );
}
