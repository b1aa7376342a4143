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
  const challenges = [...splitChallenges(header ?? '')];
  return (
    challenges.find((it) => it.scheme === 'bearer' && it.realm !== '') ??
    challenges.find((it) => it.scheme === 'basic')
  );
}

const SCHEME = /(?:^|,)\s*(basic|bearer)(?=\s|$|,)/gi;
const PARAMETER = /([a-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi;

function* splitChallenges(header: string): Generator<Challenge> {
  const starts = [...header.matchAll(SCHEME)];
  for (const [index, start] of starts.entries()) {
    const text = header.slice(start.index + start[0].length, starts[index + 1]?.index);
    const parameters = new Map<string, string>();
    for (const [, key = '', quoted, bare] of text.matchAll(PARAMETER))
      parameters.set(key.toLowerCase(), quoted?.replaceAll(/\\(.)/g, '$1') ?? bare ?? '');
    yield {
      scheme: (start[1] as string).toLowerCase() as Challenge['scheme'],
      realm: parameters.get('realm') ?? '',
      service: parameters.get('service') ?? '',
      scope: parameters.get('scope') ?? '',
    };
  }
}
