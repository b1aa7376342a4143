/**
 * The `WWW-Authenticate` header of a registry: which scheme, and where a token comes from. Pure.
 * Source: RFC 9110 §11.6.1; distribution spec, "Token Authentication".
 */

export interface Challenge {
  readonly scheme: 'basic' | 'bearer';
  /** Where to fetch a token, for `bearer`. */
  readonly realm: string;
  readonly service: string;
  readonly scope: string;
}

/** The first challenge of a scheme the engine speaks, bearer preferred; undefined when there is none. */
export function parseChallenge(header: string | undefined): Challenge | undefined {
  const challenges = splitChallenges(header ?? '');
  return (
    challenges.find((it) => it.scheme === 'bearer' && it.realm !== '') ??
    challenges.find((it) => it.scheme === 'basic')
  );
}

/** A scheme stands before white space or alone, a parameter before `=`; values may hold anything. */
const PIECE = /([\w!#$%&'*+.^`|~-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?[\s,]*/gy;

function splitChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  PIECE.lastIndex = /^[\s,]*/.exec(header)?.[0].length ?? 0;
  for (let piece = PIECE.exec(header); piece !== null; piece = PIECE.exec(header)) {
    const [, name = '', quoted, bare] = piece;
    const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? bare;
    if (value === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: new Map() });
    else challenges.at(-1)?.parameters.set(name.toLowerCase(), value);
  }
  return challenges.filter(isSpoken).map(({ scheme, parameters }) => ({
    scheme,
    realm: parameters.get('realm') ?? '',
    service: parameters.get('service') ?? '',
    scope: parameters.get('scope') ?? '',
  }));
}

function isSpoken<T extends { readonly scheme: string }>(
  challenge: T,
): challenge is T & { readonly scheme: Challenge['scheme'] } {
  return challenge.scheme === 'basic' || challenge.scheme === 'bearer';
}
